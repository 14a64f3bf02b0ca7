"""Forms look alike, say what is wrong where it is, and take over what a service refuses."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.core.exceptions import ValidationError

from portal.people import Provider
from portal.web.requests import get, rendered
from tollway.portal.web.forms import PageForm, chosen_id

pytestmark = pytest.mark.django_db


class Backend(PageForm):
    name = forms.CharField(max_length=20)
    private_endpoint = forms.URLField(
        label="Private base URL",
        help_text="Where calls go.",
        assume_scheme="https",
        widget=forms.URLInput({"class": "mono"}),
    )
    mode = forms.ChoiceField(choices=[("1", "API key"), ("2", "App ID and key")])
    place = forms.ChoiceField(choices=[("q", "Query"), ("h", "Header")], widget=forms.RadioSelect)
    on = forms.BooleanField(label="Enabled", required=False)
    note = forms.CharField(required=False, widget=forms.Textarea)
    kind = forms.CharField(widget=forms.HiddenInput, initial="api")


SENT = {"name": "Echo", "private_endpoint": "https://echo.example", "mode": "1", "place": "q"}


def html(acme: Provider, form: forms.Form) -> str:
    return rendered("{{ form }}", get(acme), form=form)


def test_each_control_has_its_label_its_look_and_its_hint(acme: Provider) -> None:
    page = html(acme, Backend())
    for name in ("name", "private_endpoint", "mode", "note"):
        assert f'<label class="form-label" for="id_{name}">' in page
    assert 'class="form-control mono"' in page
    assert 'class="form-select"' in page
    assert page.count('class="form-check-input"') == 3
    assert 'aria-describedby="id_private_endpoint_helptext"' in page
    assert '<p class="form-hint" id="id_private_endpoint_helptext">Where calls go.</p>' in page
    assert re.search(r"<fieldset[^>]*><legend[^>]*>Place</legend>", page)
    assert page.count('<span class="tiny">optional</span>') == 1
    assert 'type="hidden" name="kind" value="api"' in page
    assert "tw-form-errors" not in page


def test_what_is_wrong_is_said_above_and_at_the_field_and_what_was_typed_stays(
    acme: Provider,
) -> None:
    page = html(acme, Backend({**SENT, "name": "", "private_endpoint": "nonsense", "kind": "x"}))
    assert "Nothing was saved: 2 things need a change." in page
    assert '<a href="#id_name">Name</a>: This field is required.' in page
    assert 'class="form-control mono is-invalid"' in page
    assert 'value="nonsense"' in page
    assert 'aria-invalid="true"' in page
    described = re.search(r'id="id_name"[^>]*aria-describedby="([^"]+)"', page) or re.search(
        r'aria-describedby="([^"]+)"[^>]*id="id_name"', page
    )
    assert described
    assert f'id="{described[1]}"' in page
    one = html(acme, Backend({**SENT, "name": "", "kind": "x"}))
    assert "Nothing was saved: one thing needs a change." in one


def test_what_a_service_returns_is_passed_on() -> None:
    form = Backend({**SENT, "kind": "x"})
    assert form.is_valid()
    assert form.attempt(lambda: 7) == 7
    assert form.is_valid()


REFUSALS = [
    (ValidationError({"name": ["has already been taken"]}), "name", "Has already been taken"),
    (ValidationError({"base": ["nothing works"]}), "__all__", "Nothing works"),
    (ValidationError({"system_name": ["is invalid"]}), "__all__", "System name is invalid"),
    (ValidationError("as a whole"), "__all__", "As a whole"),
]


@pytest.mark.parametrize(("refusal", "field", "message"), REFUSALS)
def test_what_a_service_refuses_is_said_at_its_field(
    acme: Provider, refusal: ValidationError, field: str, message: str
) -> None:
    def refuse() -> None:
        raise refusal

    form = Backend({**SENT, "kind": "x"})
    assert form.is_valid()
    assert form.attempt(refuse) is None
    assert form.errors[field] == [message]
    assert message in html(acme, form)


@pytest.mark.parametrize(
    ("sent", "pk"), [("7", 7), ("", 0), ("x", 0), ("-1", 0), ("²", 0), ("9" * 19, 0)]
)
def test_what_cannot_be_an_id_finds_nothing(sent: str, pk: int) -> None:
    assert chosen_id(sent) == pk
