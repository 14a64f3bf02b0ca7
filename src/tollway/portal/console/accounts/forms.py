"""The forms of accounts and of their users."""

from __future__ import annotations

from typing import Any

from django import forms

from tollway.portal.accounts.fields_definitions import definitions_of
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.fields import NAME_LENGTH_MAX
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import PageForm
from tollway.portal.web.people_fields import (
    defined_fields,
    email_field,
    label_as_defined,
    username_field,
    with_extra_fields,
)

_ACCOUNT, _USER = FieldsDefinition.Target.ACCOUNT, FieldsDefinition.Target.USER
# Billing has these for every account, defined or not.
_BILLING = ("vat_code", "vat_rate")


class AccountForm(PageForm):
    """The organisation: its name, and what is defined for accounts."""

    org_name = forms.CharField(
        label="Organisation",
        max_length=NAME_LENGTH_MAX,
        error_messages={"required": "Enter the organisation's name."},
    )

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        definitions = definitions_of(tenant, _ACCOUNT)
        label_as_defined(self, definitions)
        self.defined = defined_fields(definitions, without=self.fields.keys())
        self.fields |= self.defined
        if "vat_code" not in self.fields:
            self.fields["vat_code"] = forms.CharField(
                label="VAT code", required=False, max_length=NAME_LENGTH_MAX
            )
        self.fields["vat_rate"] = forms.DecimalField(
            label="VAT rate, in percent",
            required=False,
            min_value=0,
            max_value=100,
            max_digits=20,
            decimal_places=4,
            help_text="Empty: none.",
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )

    def given(self) -> dict[str, Any]:
        """Return the values as the services take them."""
        return with_extra_fields(_ACCOUNT, self.cleaned_data, self.defined.keys())


class NewAccountForm(PageForm):
    """An organisation with its first user, who chooses a password by a mail of the sign-in page.

    What is defined as required for either is asked for, too.
    """

    org_name = forms.CharField(
        label="Organisation",
        max_length=NAME_LENGTH_MAX,
        error_messages={"required": "Enter the organisation's name."},
    )
    username = username_field("They sign in with it.")
    email = email_field("The user's own.")

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        account, user = (
            [row for row in definitions_of(tenant, target) if row.required]
            for target in (_ACCOUNT, _USER)
        )
        self._of_account = defined_fields(account, without=self.fields.keys())
        taken = {*self.fields.keys(), *self._of_account}
        self._of_user = defined_fields(user, without=taken)
        self.fields |= self._of_account | self._of_user

    def given(self) -> dict[str, Any]:
        given = with_extra_fields(_ACCOUNT, self.cleaned_data, self._of_account.keys())
        return with_extra_fields(_USER, given, self._of_user.keys())


class UserForm(PageForm):
    username = username_field("They sign in with it.")
    email = email_field()
    role = forms.ChoiceField(
        label="Role",
        choices=User.Role.choices,
        help_text="An admin may manage the account's users and applications.",
    )

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        definitions = definitions_of(tenant, _USER)
        label_as_defined(self, definitions)
        self.defined = defined_fields(definitions, without={*self.fields.keys(), "password"})
        self.fields |= self.defined

    def given(self) -> dict[str, Any]:
        return with_extra_fields(_USER, self.cleaned_data, self.defined.keys())


def account_values(account: Account) -> dict[str, Any]:
    """Return an account as the form's fields have it."""
    names = [row.name for row in definitions_of(account.tenant, _ACCOUNT)]
    return _read(account, [*names, "org_name", *_BILLING])


def user_values(user: User) -> dict[str, Any]:
    names = [row.name for row in definitions_of(user.tenant, _USER)]
    return _read(user, [*names, "username", "email", "role"])


def _read(row: Account | User, names: list[str]) -> dict[str, Any]:
    extra = row.extra_fields
    return {name: extra[name] if name in extra else getattr(row, name, "") for name in names}
