"""Forms as templates see them: each field's words and value, and no object that could do more."""

from __future__ import annotations

from django import forms
from msgspec import Struct


class Field(Struct, frozen=True):
    """``kind`` is the input's type; ``least``: how long a password has to be, 0 for any length."""

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


def shown(form: forms.Form) -> tuple[Field, ...]:
    """Return the fields of a form in their order. What was typed is kept, but for passwords."""
    return tuple(_field(form, name) for name in form.fields)


def _field(form: forms.Form, name: str) -> Field:
    bound, attrs = form[name], form.fields[name].widget.attrs
    kind = str(getattr(bound.field.widget, "input_type", "text"))
    value = "" if kind == "password" else bound.value() or ""
    return Field(
        name=name,
        label=str(bound.label),
        kind=kind,
        value=str(value),
        hint=str(bound.help_text),
        error=" ".join(str(error) for error in bound.errors),
        required=bound.field.required,
        autocomplete=str(attrs.get("autocomplete", "")),
        least=int(attrs.get("data-least", 0)),
        most=int(attrs.get("maxlength", 0)),
    )
