"""Rows that several services make: an account with its first user, a user with a password.

No events here: whoever calls these appends the one that says what was asked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tollway.portal.accounts.models import Account, User
from tollway.portal.fields import fill, refuse
from tollway.portal.tenants.models import Tenant

ACCOUNT_FIELDS = ("org_name", "monthly_billing_enabled", "monthly_charging_enabled")
USER_FIELDS = ("username", "email", "first_name", "last_name")
PASSWORD_LENGTH_MIN = 6  # the operator's setting for strong passwords, 15, is not there yet
GENERATED_PASSWORD_BYTES = 15


class SignedUp(Struct, frozen=True):
    account: Account
    user: User


def make_account(tenant: Tenant, fields: Mapping[str, Any]) -> SignedUp:
    """Save an approved account and its active admin. ``fields`` are of both, and ``password``."""
    account = Account(tenant=tenant)
    fill(account, _pick(fields, ACCOUNT_FIELDS), ACCOUNT_FIELDS)
    account.save()
    user = make_user(tenant, fields, account=account)
    return SignedUp(account, user)


def make_user(tenant: Tenant, fields: Mapping[str, Any], *, account: Account | None = None) -> User:
    """Save an active admin: of ``account``, or without one of the tenant's own portal.

    Without a password nobody can sign in until one is set.
    """
    user = User(tenant=tenant, account=account, state=User.State.ACTIVE, role=User.Role.ADMIN)
    if password := fields.get("password"):
        set_password(user, password)
    else:
        user.set_unusable_password()
    fill(user, _pick(fields, USER_FIELDS), USER_FIELDS)
    user.save()
    return user


def set_password(user: User, password: str) -> None:
    """Hash the password into the row, without saving."""
    if len(password) < PASSWORD_LENGTH_MIN:
        message = f"is too short (minimum is {PASSWORD_LENGTH_MIN} characters)"
        raise refuse("password", message)
    user.set_password(password)


def generate_password() -> str:
    return secrets.token_urlsafe(GENERATED_PASSWORD_BYTES)


def expect(fields: Mapping[str, Any]) -> None:
    """Refuse names that belong to neither the account nor the user: a mistake of the caller's."""
    known = {*ACCOUNT_FIELDS, *USER_FIELDS, "password"}
    if unknown := set(fields) - known:
        raise TypeError(f"an account has no {', '.join(sorted(unknown))}")


def _pick(fields: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}
