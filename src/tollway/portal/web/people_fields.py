"""Fields of the forms about people: passwords, addresses, and what an organisation has defined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from django import forms
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from tollway.portal.accounts.fields_definitions import Target, built_in, definitions_of
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.fields import NAME_LENGTH_MAX
from tollway.portal.tenants.models import Tenant

GONE = "(not offered any more)"
PASSWORD_LENGTH_MAX = 1024
COMMON = "This is one of the passwords that are tried first. Choose another."
USERNAME_WORDS = "3 to 40 letters, digits or @ . _ -"


class NewPasswordInput(forms.PasswordInput):
    """Can show what is typed; entry.js says how good it is."""

    template_name = "web/forms/password_input.html"


class NewPasswordField(forms.CharField):
    """A password that is chosen now. ``least`` is how many characters it has to have."""

    def __init__(self, label: str, *, least: int, required: bool = True) -> None:
        attrs = {
            "autocomplete": "new-password",
            "maxlength": PASSWORD_LENGTH_MAX,
            "data-least": least,
        }
        super().__init__(
            label=label,
            strip=False,
            required=required,
            max_length=PASSWORD_LENGTH_MAX,
            help_text=f"At least {least} characters. Four words are good, and easy to keep.",
            error_messages={"required": "Choose a password."},
            widget=NewPasswordInput(attrs=attrs),
        )
        self.least = least

    def validate(self, value: Any) -> None:  # noqa: ANN401  (as Django's)
        super().validate(value)
        if not value:
            return
        if len(value) < self.least:
            raise ValidationError(f"Use at least {self.least} characters. This has {len(value)}.")
        if _is_common(value):
            raise ValidationError(COMMON)


def _is_common(password: str) -> bool:
    try:
        _common().validate(password)
    except ValidationError:
        return True
    return False


@cache
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()  # which reads its list


def current_password_field(help_text: str) -> forms.CharField:
    attrs = {"autocomplete": "current-password", "maxlength": PASSWORD_LENGTH_MAX}
    return forms.CharField(
        label="Present password",
        strip=False,
        required=False,
        max_length=PASSWORD_LENGTH_MAX,
        help_text=help_text,
        widget=forms.PasswordInput(attrs=attrs),
    )


def username_field(whose: str = "You sign in with it.") -> forms.CharField:
    attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    return forms.RegexField(
        r"\A[A-Za-z0-9@._-]{3,40}\Z",
        label="User name",
        help_text=f"{USERNAME_WORDS}. {whose}",
        error_messages={"required": "Choose a user name.", "invalid": f"Use {USERNAME_WORDS}."},
        widget=forms.TextInput(attrs=attrs),
    )


def email_field(help_text: str = "") -> forms.EmailField:
    return forms.EmailField(
        label="E-mail",
        max_length=NAME_LENGTH_MAX,
        help_text=help_text,
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an address like ana@acme.example.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


def name_field(label: str, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=NAME_LENGTH_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
    )


def defined_fields(
    definitions: Iterable[FieldsDefinition], *, without: Collection[str]
) -> dict[str, forms.Field]:
    """Return fields for what an organisation has defined, but for those that the form has."""
    return {row.name: _defined(row) for row in definitions if row.name not in without}


def for_developers(tenant: Tenant, target: str) -> list[FieldsDefinition]:
    """Return what developers fill in themselves: neither hidden from them nor only read."""
    return [row for row in definitions_of(tenant, target) if not (row.hidden or row.read_only)]


def asked_of_newcomers(tenant: Tenant) -> list[FieldsDefinition]:
    """Return the fields of a user that somebody new is asked for, so that signing up stays short.

    Those that have to be filled in, and the organisation's own; the others are filled in later.
    """
    rows = for_developers(tenant, Target.USER)
    return [row for row in rows if row.required or built_in(Target.USER, row.name) is None]


def label_as_defined(form: forms.Form, definitions: Iterable[FieldsDefinition]) -> None:
    """Call the fields that a form has of its own as the organisation does, where it says."""
    for row in definitions:
        field = built_in(row.target, row.name)
        if row.name in form.fields and field is not None and row.label != field.label:
            form.fields[row.name].label = row.label


class OfferedSelect(forms.Select):
    """Shows a value that is not offered any more, so that nobody loses it unasked.

    Sent as it is, it is refused: one that is offered has to be chosen.
    """

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[Any]:
        groups = super().optgroups(name, value, attrs)
        offered = {str(option["value"]) for _, options, _ in groups for option in options}
        for each in set(value) - offered - {""}:
            option = self.create_option(name, each, f"{each} {GONE}", True, len(groups), 0, attrs)
            groups.append((None, [option], len(groups)))
        return groups


def _defined(row: FieldsDefinition) -> forms.Field:
    required = {"required": f"{row.label} is needed here."}
    if row.choices:
        choices = [("", ""), *((choice, choice) for choice in row.choices)]
        return forms.ChoiceField(
            label=row.label,
            required=row.required,
            choices=choices,
            error_messages={
                **required,
                "invalid_choice": "%(value)s is not offered.",
            },
            widget=OfferedSelect,
        )
    return forms.CharField(
        label=row.label,
        required=row.required,
        max_length=NAME_LENGTH_MAX,
        error_messages=required,
    )


def with_extra_fields(
    target: str, values: Mapping[str, Any], defined: Collection[str]
) -> dict[str, Any]:
    """Return a form's values as services take them: what is no column stands in ``extra_fields``.

    ``defined`` are the names of ``defined_fields``. What was returned for one target may be given
    again for another.
    """
    extra = {name for name in defined if built_in(target, name) is None}
    given = {name: value for name, value in values.items() if name not in extra}
    own = {name: values[name] for name in extra if name in values}
    given["extra_fields"] = {**values.get("extra_fields", {}), **own}
    return given
