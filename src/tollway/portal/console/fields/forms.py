"""The forms of a field: what it is called, what developers do with it, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from tollway.portal.accounts.fields_definitions import RESERVED, built_in, definitions_of
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.fields import NAME_LENGTH_MAX, slug, unused
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm

OPTIONAL, REQUIRED, READ_ONLY, HIDDEN = "optional", "required", "read_only", "hidden"
# What developers do with a field, and the flags that say so: they exclude each other.
RULES: Mapping[str, str] = {
    OPTIONAL: "May fill it in",
    REQUIRED: "Must fill it in",
    READ_ONLY: "Only read it: you fill it in",
    HIDDEN: "Do not see it: it is for you",
}
NAME_WORDS = "A letter first, then letters, digits, _ - or :"


class FieldForm(PageForm):
    """``row``: the field that is edited, if there is one."""

    label = forms.CharField(
        label="Label",
        max_length=NAME_LENGTH_MAX,
        help_text="What forms call it.",
        error_messages={"required": "Enter a label."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    rule = forms.ChoiceField(
        label="Developers",
        choices=list(RULES.items()),
        initial=OPTIONAL,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what developers do with it."},
    )
    choices = forms.CharField(
        label="Choices",
        required=False,
        help_text="One per line. Left empty, anything may be filled in.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  (as Django's)
        row: FieldsDefinition | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **options)
        self._row = row
        if row is not None and is_mandatory(row):
            self.fields["rule"].disabled = True
            self.fields["rule"].help_text = "A built-in field that is always required."

    def clean_choices(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["choices"].splitlines() if line.strip()]

    def changes(self) -> dict[str, Any]:
        """Return the values as the services take them. Flags of a rule that stays, stay."""
        given = {"label": self.cleaned_data["label"], "choices": self.cleaned_data["choices"]}
        rule = self.cleaned_data["rule"]
        if self._row is not None and rule == rule_of(self._row):
            return given
        return {**given, **{flag: rule == flag for flag in (REQUIRED, READ_ONLY, HIDDEN)}}


class NewFieldForm(FieldForm):
    name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH_MAX,
        required=False,
        help_text=f"{NAME_WORDS}. The API calls it so. It cannot be changed later. Left empty, it"
        " is made of the label.",
        widget=forms.TextInput(
            attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    field_order = ("label", "name", "rule", "choices")

    def given(self, tenant: Tenant, target: str) -> dict[str, Any]:
        """Return all values of a new field; a name that was left empty is made of the label."""
        name = self.cleaned_data["name"].strip()
        if not name:
            used = {row.name for row in definitions_of(tenant, target)} | RESERVED
            name = unused(_letter_first(slug(self.cleaned_data["label"], "field")), "_", used)
        return {**self.changes(), "target": target, "name": name}


def _letter_first(name: str) -> str:
    return name if name[0].isalpha() else f"field_{name}"


def is_mandatory(row: FieldsDefinition) -> bool:
    field = built_in(row.target, row.name)
    return field is not None and field.mandatory


def rule_of(row: FieldsDefinition) -> str:
    """Return what developers do with a field; one that is hidden and read-only is hidden."""
    flags = {REQUIRED: row.required, HIDDEN: row.hidden, READ_ONLY: row.read_only}
    return next((flag for flag, is_set in flags.items() if is_set), OPTIONAL)


def values(row: FieldsDefinition) -> dict[str, Any]:
    """Return a field as the form has it."""
    return {"label": row.label, "rule": rule_of(row), "choices": "\n".join(row.choices)}
