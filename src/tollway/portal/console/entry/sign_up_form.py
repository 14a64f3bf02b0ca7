"""The form by which an organisation signs up, and the addresses that it will have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from msgspec import Struct

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.signup import PASSWORD_LENGTH_MIN
from tollway.portal.fields import NAME_LENGTH_MAX, TAKEN
from tollway.portal.tenants.hosts import admin_url, developer_url
from tollway.portal.tenants.models import SUBDOMAIN_LENGTH_MAX, Tenant
from tollway.portal.tenants.selectors import free_subdomain, refusal_of_subdomain
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    NewPasswordField,
    defined_fields,
    email_field,
    name_field,
    username_field,
    with_extra_fields,
)

_LIVE = {
    "hx-get": reverse_lazy("sign-up-check"),
    "hx-trigger": "input delay:250ms",
    "hx-include": "#id_org_name,#id_subdomain",
    "hx-target": "#addresses",
    "hx-sync": "closest form:replace",
}


class Addresses(Struct, frozen=True):
    """Both portals of a subdomain, without paths; or, with a ``refusal``, another name."""

    subdomain: str = ""
    admin: str = ""
    developer: str = ""
    refusal: str = ""


def addresses_of(org_name: str, subdomain: str) -> Addresses:
    """Return where an organisation will be; without a subdomain, one is made of its name."""
    chosen, name = normal(subdomain), org_name.strip()
    if chosen and (refusal := refused(chosen)):
        return Addresses(refusal=refusal)
    if not chosen and not name:
        return Addresses()
    tenant = Tenant(subdomain=chosen or free_subdomain(name))
    return Addresses(tenant.subdomain, admin_url(tenant, ""), developer_url(tenant, ""))


def normal(subdomain: str) -> str:
    return subdomain.strip().lower()


def refused(subdomain: str) -> str:
    """Say why a subdomain cannot be had, and which could; "" if it can."""
    refusal = refusal_of_subdomain(subdomain)
    if refusal == TAKEN:
        return f"{subdomain} is taken. {free_subdomain(subdomain)} is free."
    if refusal == "is reserved":
        return f"{subdomain} is reserved for Tollway's own addresses. Choose another."
    if len(subdomain) > SUBDOMAIN_LENGTH_MAX:
        return f"Use at most {SUBDOMAIN_LENGTH_MAX} characters. This has {len(subdomain)}."
    return "Use letters, digits and, inside, hyphens." if refusal else ""


class SignUpForm(PageForm):
    """``operator`` may have defined further fields of the accounts that tenants have with it."""

    org_name = forms.CharField(
        label="Organisation",
        max_length=NAME_LENGTH_MAX,
        error_messages={"required": "Enter the name of your organisation."},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "organization", **_LIVE}),
    )
    subdomain = forms.CharField(
        label="Sub-domain",
        required=False,
        widget=forms.TextInput(
            attrs={
                "class": "mono",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                **_LIVE,
            }
        ),
    )
    first_name = name_field("First name", "given-name")
    last_name = name_field("Last name", "family-name")
    username = username_field()
    email = email_field("We send a link to confirm it.")

    def __init__(self, operator: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        if self.is_bound:  # what is wrong gets the focus
            del self.fields["org_name"].widget.attrs["autofocus"]
        self.fields["password"] = NewPasswordField("Password", least=PASSWORD_LENGTH_MIN)
        definitions = [
            row
            for row in definitions_of(operator, Target.ACCOUNT)
            if not (row.hidden or row.read_only)
        ]
        self._defined = defined_fields(definitions, without=set(self.fields))
        self.fields.update(self._defined)

    @property
    def further(self) -> list[forms.BoundField]:
        """Return the fields that the operator has defined."""
        return [self[name] for name in self._defined]

    def clean_subdomain(self) -> str:
        chosen = normal(self.cleaned_data["subdomain"])
        if chosen and (refusal := refused(chosen)):
            raise ValidationError(refusal)
        return chosen

    def given(self) -> dict[str, Any]:
        """Return what was filled in, as ``onboarding.services.sign_up_provider`` takes it."""
        filled = {name: value for name, value in self.cleaned_data.items() if value}
        return with_extra_fields(Target.ACCOUNT, filled, self._defined)
