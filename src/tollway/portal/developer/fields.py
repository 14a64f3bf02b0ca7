"""Forms as templates see them: each field's words and value, and no object that could do more."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from msgspec import Struct

from tollway.portal.web.people_fields import GONE


class Choice(Struct, frozen=True):
    value: str
    label: str
    chosen: bool


class Field(Struct, frozen=True):
    """``kind`` is the input's type, "select" or "textarea", with ``choices`` or not.

    ``least``: how long a password has to be, 0 for any length. ``text`` is what a tick agrees to.
    """

    name: str
    label: str
    kind: str
    value: str
    hint: str
    error: str
    required: bool
    autocomplete: str
    least: int
    most: int
    choices: tuple[Choice, ...] = ()
    checked: bool = False
    text: str = ""


def shown(form: forms.Form) -> tuple[Field, ...]:
    """Return the fields of a form in their order. What was typed is kept, but for passwords."""
    return tuple(_field(form, name) for name in form.fields)


def _field(form: forms.Form, name: str) -> Field:
    bound, attrs = form[name], form.fields[name].widget.attrs
    widget = bound.field.widget
    kind = "textarea" if isinstance(widget, forms.Textarea) else _kind(widget)
    value = "" if kind == "password" else str(bound.value() or "")
    return Field(
        name=name,
        label=str(bound.label),
        kind=kind,
        value=value,
        hint=str(bound.help_text),
        error=" ".join(str(error) for error in bound.errors),
        required=bound.field.required,
        autocomplete=str(attrs.get("autocomplete", "")),
        least=int(attrs.get("data-least", 0)),
        most=int(attrs.get("maxlength", 0)),
        choices=_choices(getattr(bound.field, "choices", ()), value),
        checked=kind == "checkbox" and bool(bound.value()),
        text=str(attrs.get("data-text", "")),
    )


def _choices(offered: Iterable[tuple[object, object]], value: str) -> tuple[Choice, ...]:
    """Return what may be chosen, and what was chosen once and is not offered any more."""
    shown = tuple(Choice(str(key), str(label), str(key) == value) for key, label in offered)
    if not shown or not value or any(choice.chosen for choice in shown):
        return shown
    return (*shown, Choice(value, f"{value} {GONE}", chosen=True))


def _kind(widget: forms.Widget) -> str:
    return str(getattr(widget, "input_type", "text"))
