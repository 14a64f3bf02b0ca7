"""Rows that several services make: an account with its first user, a user with a password.

No events here: whoever calls these appends the one that says what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tollway.portal.accounts.fields_definitions import BUILT_IN, Target, checked
from tollway.portal.accounts.models import Account, User
from tollway.portal.fields import fill, refuse
from tollway.portal.tenants.models import Tenant

ACCOUNT_FIELDS = (
    *(field.name for field in BUILT_IN[Target.ACCOUNT]),
    "annotations",
    "monthly_billing_enabled",
    "monthly_charging_enabled",
)
USER_FIELDS = tuple(field.name for field in BUILT_IN[Target.USER])
PASSWORD_LENGTH_MIN = 6
STRONG_PASSWORD_LENGTH_MIN = 15  # where the tenant's settings ask for strong ones


class SignedUp(Struct, frozen=True):
    account: Account
    user: User


def make_account(tenant: Tenant, fields: Mapping[str, Any]) -> SignedUp:
    """Save an approved account and its active admin.

    ``fields`` are of both, with ``password``; in ``extra_fields`` each finds its own.
    """
    account = Account(tenant=tenant)
    fill_account(account, fields)
    account.save()
    return SignedUp(account, make_user(tenant, fields, account=account))


def fill_account(account: Account, fields: Mapping[str, Any]) -> None:
    """Set the fields of a new account, without saving; all others are of its user."""
    names = (*ACCOUNT_FIELDS, "extra_fields")
    fill(account, checked(account.tenant, Target.ACCOUNT, _pick(fields, names)), names)


def make_user(
    tenant: Tenant,
    fields: Mapping[str, Any],
    *,
    account: Account | None = None,
    state: str = User.State.ACTIVE,
    role: str = User.Role.ADMIN,
) -> User:
    """Save a user: of ``account``, or without one of the tenant's own portal.

    Without a password nobody can sign in until one is set.
    """
    user = User(tenant=tenant, account=account, state=state, role=role)
    if password := fields.get("password"):
        set_password(user, password)
    else:
        user.set_unusable_password()
    names = (*USER_FIELDS, "extra_fields")
    fill(user, checked(tenant, Target.USER, _pick(fields, names)), names)
    user.save()
    return user


def password_length_min(tenant: Tenant) -> int:
    strong = tenant.settings.strong_passwords_enabled
    return STRONG_PASSWORD_LENGTH_MIN if strong else PASSWORD_LENGTH_MIN


def set_password(user: User, password: str) -> None:
    """Hash the password into the row, without saving."""
    least = password_length_min(user.tenant)
    if len(password) < least:
        raise refuse("password", f"is too short (minimum is {least} characters)")
    user.set_password(password)


def expect(fields: Mapping[str, Any]) -> None:
    """Refuse names that belong to neither the account nor the user: a mistake of the caller's."""
    known = {*ACCOUNT_FIELDS, *USER_FIELDS, "password", "extra_fields"}
    if unknown := set(fields) - known:
        raise TypeError(f"an account has no {', '.join(sorted(unknown))}")


def _pick(fields: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}
