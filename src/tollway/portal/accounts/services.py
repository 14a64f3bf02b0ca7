"""Changing tenants, accounts, users and access tokens. One function per thing one can ask for."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.db import transaction
from msgspec import Struct

from tollway.portal.accounts.models import AccessToken, Account, User
from tollway.portal.accounts.signup import (
    ACCOUNT_FIELDS,
    SignedUp,
    expect,
    make_account,
    make_user,
)
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import Move, change, digest, fill, lock, move, seal, unused
from tollway.portal.tenants.models import RESERVED, SUBDOMAIN_LENGTH_MAX, Tenant

_PROVIDER_KEY_BYTES = 16
_ACCESS_TOKEN_BYTES = 32

# What may happen to an account, and to a tenant.
ACCOUNT_MOVES = {
    "make_pending": Move(frozenset({"created", "approved", "rejected"}), "pending", "made_pending"),
    "approve": Move(frozenset({"created", "pending", "rejected"}), "approved", "approved"),
    "reject": Move(frozenset({"created", "pending", "approved"}), "rejected", "rejected"),
    "suspend": Move(frozenset({"approved"}), "suspended", "suspended"),
    "resume": Move(frozenset({"suspended"}), "approved", "resumed"),
}
_GONE = "scheduled_for_deletion"
TENANT_MOVES = {
    **ACCOUNT_MOVES,
    "resume": Move(frozenset({"suspended", _GONE}), "approved", "resumed"),
    "schedule_for_deletion": Move(frozenset(Tenant.State.values) - {_GONE}, _GONE, _GONE),
}


class NewTenant(Struct, frozen=True):
    tenant: Tenant
    admin: User


@transaction.atomic
def create_tenant(master: Tenant | None, *, by: Actor, **fields: Any) -> NewTenant:  # noqa: ANN401
    """Make a tenant with its first admin, and the account by which ``master`` knows it.

    ``fields``: org_name, subdomain (made from the name if absent), and the admin's username, email,
    password. Without ``master`` it is the master itself, for which a reserved name is fine.
    """
    key = secrets.token_hex(_PROVIDER_KEY_BYTES)
    tenant = Tenant(
        is_master=master is None,
        provider_key_digest=digest("provider_key", key),
        provider_key_sealed=seal(key, "provider_key"),
    )
    org_name = fields.pop("org_name", "")
    subdomain = fields.pop("subdomain", "") or _subdomain(org_name)
    expect(fields)
    if master is None:
        tenant.org_name, tenant.subdomain = org_name, subdomain
    else:
        fill(tenant, {"org_name": org_name, "subdomain": subdomain}, ("org_name", "subdomain"))
    tenant.save()
    if master is not None:
        Account.objects.create(tenant=master, org_name=org_name, provider=tenant)
    admin = make_user(tenant, fields)
    events.append(tenant, "tenant.created", tenant.pk, by=by, after=_described(tenant))
    return NewTenant(tenant, admin)


def _described(tenant: Tenant) -> dict[str, Any]:
    return {"org_name": tenant.org_name, "subdomain": tenant.subdomain, "state": tenant.state}


def _subdomain(org_name: str) -> str:
    """Make a free subdomain of the organisation's name: `acme`, `acme-2`."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in org_name.lower())
    base = "-".join(filter(None, kept.split("-")))[: SUBDOMAIN_LENGTH_MAX - 8] or "tenant"
    base = re.sub(r"(-admin)+$", "", base.strip("-"))
    return unused(base, "-", {*RESERVED, *Tenant.objects.values_list("subdomain", flat=True)})


@transaction.atomic
def change_tenant_state(tenant: Tenant, event: str, *, by: Actor) -> None:
    """Do one of ``TENANT_MOVES``. Only an approved tenant's applications are authorised."""
    moved = move(tenant, event, TENANT_MOVES)
    kind = f"tenant.{moved.done}"
    events.append(tenant, kind, tenant.pk, by=by, before=moved.before, after=moved.after)


@transaction.atomic
def renew_provider_key(tenant: Tenant, *, by: Actor) -> str:
    """Replace the provider key; return the new one. The old one is refused from now on."""
    lock(tenant)
    old, key = tenant.provider_key_digest, secrets.token_hex(_PROVIDER_KEY_BYTES)
    tenant.provider_key_digest = digest("provider_key", key)
    tenant.provider_key_sealed = seal(key, "provider_key")
    tenant.save(update_fields=["provider_key_digest", "provider_key_sealed", "updated_at"])
    events.append(
        tenant, "tenant.key_renewed", tenant.pk, by=by, before={"provider_key_digest": old}
    )
    return key


@transaction.atomic
def create_account(tenant: Tenant, *, by: Actor, **fields: Any) -> SignedUp:  # noqa: ANN401
    """Make a developer account with its admin user, both at once usable; no application.

    ``fields``: org_name, username, and optionally email, password, first_name, last_name.
    """
    expect(fields)
    made = make_account(tenant, fields)
    after = {"org_name": made.account.org_name, "user_id": made.user.pk}
    events.append(tenant, "account.created", made.account.pk, by=by, after=after)
    return made


@transaction.atomic
def update_account(account: Account, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    before, after = change(account, changes, ACCOUNT_FIELDS)
    if after:
        events.append(
            account.tenant, "account.updated", account.pk, by=by, before=before, after=after
        )


@transaction.atomic
def change_account_state(account: Account, event: str, *, by: Actor) -> None:
    """Do one of ``ACCOUNT_MOVES``. Only an approved account's applications are authorised."""
    moved = move(account, event, ACCOUNT_MOVES)
    kind = f"account.{moved.done}"
    events.append(account.tenant, kind, account.pk, by=by, before=moved.before, after=moved.after)


@transaction.atomic
def create_access_token(user: User, *, by: Actor, value: str = "", **fields: Any) -> str:  # noqa: ANN401
    """Make a token that acts as ``user``; return its value, which is not shown again.

    ``fields``: name, permission ("ro" or "rw"), scopes (a list), and optionally expires_at.
    ``value`` is made up if absent.
    """
    value = value or secrets.token_hex(_ACCESS_TOKEN_BYTES)
    token = AccessToken(tenant=user.tenant, user=user, digest=digest("access_token", value))
    fill(token, fields, ("name", "permission", "scopes", "expires_at"))
    token.save()
    after = {"name": token.name, "permission": token.permission, "scopes": token.scopes}
    events.append(user.tenant, "access_token.created", token.pk, by=by, after=after)
    return value


@transaction.atomic
def delete_access_token(token: AccessToken, *, by: Actor) -> None:
    lock(token)
    tenant, pk = token.tenant, token.pk
    token.delete()
    events.append(tenant, "access_token.deleted", pk, by=by, before={"name": token.name})
