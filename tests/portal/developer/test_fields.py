"""What a template is given of a form, and of a page's frame."""

from __future__ import annotations

from django import forms

from tollway.portal.developer import frame
from tollway.portal.developer.fields import shown


class Form(forms.Form):
    name = forms.CharField(label="Name", help_text="Any", max_length=9)
    password = forms.CharField(widget=forms.PasswordInput(attrs={"data-least": 6}), required=False)


def test_a_field_is_plain_and_keeps_what_was_typed_but_for_passwords() -> None:
    name, password = shown(Form({"name": "ten letters", "password": "secret"}))
    assert (name.label, name.kind, name.value, name.hint) == ("Name", "text", "ten letters", "Any")
    assert "at most 9" in name.error
    assert (name.required, name.most) == (True, 9)
    assert (password.value, password.kind, password.least) == ("", "password", 6)


def test_an_empty_form_has_neither_values_nor_errors() -> None:
    name, _ = shown(Form())
    assert (name.value, name.error) == ("", "")


def test_pages_are_made_of_plain_values() -> None:
    """Every annotation of what frames hold is a text, a number, or a struct of the same."""
    rows = (frame.Frame, frame.Person, frame.Acting, frame.Link)
    named = {str(kind) for row in rows for kind in row.__annotations__.values()}
    assert not {kind for kind in named if "User" in kind or "Account" in kind or "Query" in kind}


class Choosing(forms.Form):
    size = forms.ChoiceField(choices=[("", ""), ("S", "Small")])


def test_a_choice_that_is_not_offered_any_more_is_shown_as_chosen() -> None:
    [size] = shown(Choosing(initial={"size": "XL"}))
    assert [(each.value, each.chosen) for each in size.choices] == [
        ("", False), ("S", False), ("XL", True),
    ]  # fmt: skip
    assert size.choices[-1].label == "XL (not offered any more)"
    [size] = shown(Choosing())
    assert [each.value for each in size.choices if each.chosen] == [""]
