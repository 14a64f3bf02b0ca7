"""Tenants: made with their first admin, set up, suspended, and given provider keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from msgspec import Struct

from tollway import clock
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services.accounts import ACCOUNT_MOVES
from tollway.portal.accounts.services.fields_definitions import make_first_definitions
from tollway.portal.accounts.signup import expect, fill_account, make_user
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.fields import Move, change, digest, fill, lock, move, seal
from tollway.portal.tenants import selectors
from tollway.portal.tenants.models import Tenant, TenantSettings

DELETED_AFTER = timedelta(days=15)
SETTINGS_FIELDS = (
    "useraccountarea_enabled", "hide_service", "signups_enabled", "public_search",
    "account_plans_ui_visible", "change_account_plan_permission", "service_plans_ui_visible",
    "change_service_plan_permission", "enforce_sso", "strong_passwords_enabled",
    "multiple_applications", "multiple_users",
)  # fmt: skip
TENANT_FIELDS = (
    "org_name", "from_email", "support_email", "finance_support_email", "site_access_code",
    "time_zone", "currency", "max_services", "max_users", "domains_allowed",
)  # fmt: skip
_PROVIDER_KEY_BYTES = 16
_ACCESS_CODE_BYTES = 5

_GONE = "scheduled_for_deletion"
TENANT_MOVES = {
    **ACCOUNT_MOVES,
    "resume": Move(frozenset({"suspended", _GONE}), "approved", "resumed"),
    "schedule_for_deletion": Move(frozenset(Tenant.State.values) - {_GONE}, _GONE, _GONE),
}


class NewTenant(Struct, frozen=True):
    tenant: Tenant
    admin: User


def make_tenant(
    master: Tenant | None,
    fields: Mapping[str, Any],
    *,
    admin_state: str = User.State.ACTIVE,
) -> NewTenant:
    """Save a tenant with settings, fields, its first admin, and its account under ``master``.

    ``fields``: org_name, subdomain (made from the name if absent), the admin's username, email,
    password, and optionally any other field of accounts and users. Without ``master`` it is the
    master itself, for which a reserved name is fine. An access code closes its developer portal.
    No event: whoever calls this says what was asked for.
    """
    if master is not None:
        lock(master)  # two who want the same subdomain come one after the other
    given = dict(fields)
    org_name, subdomain = given.get("org_name", ""), given.pop("subdomain", "")
    expect(given)
    key = secrets.token_hex(_PROVIDER_KEY_BYTES)
    tenant = Tenant(
        is_master=master is None,
        provider_key_digest=digest("provider_key", key),
        provider_key_sealed=seal(key, "provider_key"),
        site_access_code=secrets.token_hex(_ACCESS_CODE_BYTES),
    )
    named = {"org_name": org_name, "subdomain": subdomain or selectors.free_subdomain(org_name)}
    if master is None:
        tenant.org_name, tenant.subdomain = named.values()
    else:
        fill(tenant, named, named)
    tenant.save()
    TenantSettings.objects.create(tenant=tenant)
    make_first_definitions(tenant)
    if master is not None:
        account = Account(tenant=master, provider=tenant)
        fill_account(account, given)
        account.save()
    admin = make_user(tenant, given, state=admin_state)
    tenant.support_email = tenant.finance_support_email = admin.email
    tenant.save(update_fields=["support_email", "finance_support_email"])
    return NewTenant(tenant, admin)


def described(tenant: Tenant) -> dict[str, Any]:
    """Return what an event says of a new tenant."""
    return {"org_name": tenant.org_name, "subdomain": tenant.subdomain, "state": tenant.state}


@transaction.atomic
def update_tenant(tenant: Tenant, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``TENANT_FIELDS``. A ``site_access_code`` of "" opens the developer portal.

    ``max_services``, ``max_users`` and ``domains_allowed`` are the operator's to set.
    """
    before, after = change(tenant, changes, TENANT_FIELDS)
    if not after:
        return
    if "org_name" in after:
        Account.objects.filter(provider=tenant).update(org_name=tenant.org_name)
    for values in (before, after):  # the code opens the portal, so the log only says it changed
        if "site_access_code" in values:
            values["site_access_code"] = "changed"
    events.append(tenant, "tenant.updated", tenant.pk, by=by, before=before, after=after)


@transaction.atomic
def update_settings(tenant: Tenant, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``SETTINGS_FIELDS``: what the tenant lets its developers see and do."""
    before, after = change(tenant.settings, changes, SETTINGS_FIELDS)
    if after:
        kind = "settings.updated"
        events.append(tenant, kind, tenant.pk, by=by, before=before, after=after)


@transaction.atomic
def change_tenant_state(tenant: Tenant, event: str, *, by: Actor) -> None:
    """Do one of ``TENANT_MOVES``. Only an approved tenant's applications are authorised.

    A tenant scheduled for deletion is deleted ``DELETED_AFTER`` that, unless it is resumed.
    """
    moved = move(tenant, event, TENANT_MOVES)
    gone = tenant.state == Tenant.State.SCHEDULED_FOR_DELETION
    tenant.deletion_at = clock.utc_now() + DELETED_AFTER if gone else None
    tenant.save(update_fields=["deletion_at"])
    Account.objects.filter(provider=tenant).update(state=tenant.state)
    kind = f"tenant.{moved.done}"
    events.append(tenant, kind, tenant.pk, by=by, before=moved.before, after=moved.after)


@transaction.atomic
def renew_provider_key(tenant: Tenant, *, by: Actor, overlap: timedelta = timedelta()) -> str:
    """Replace the provider key; return the new one. The old one is taken for ``overlap`` more.

    At most one old key is: one that was replaced before that is refused from now on.
    """
    lock(tenant)
    refused = [tenant.old_provider_key_digest, tenant.provider_key_digest]
    key, kept, until = secrets.token_hex(_PROVIDER_KEY_BYTES), "", None
    if overlap > timedelta():
        kept, until = refused.pop(), clock.utc_now() + overlap
    tenant.old_provider_key_digest, tenant.old_provider_key_until = kept, until
    tenant.provider_key_digest = digest("provider_key", key)
    tenant.provider_key_sealed = seal(key, "provider_key")
    tenant.save(
        update_fields=[
            "provider_key_digest", "provider_key_sealed", "old_provider_key_digest",
            "old_provider_key_until", "updated_at",
        ]
    )  # fmt: skip
    events.append(tenant, "tenant.key_renewed", tenant.pk, by=by, before=_refused(refused))
    return key


def retire_provider_keys(at: datetime) -> int:
    """Forget the old provider keys, of all tenants, that end by ``at``; return how many."""
    return sum(_retire(tenant, at) for tenant in selectors.with_ended_keys(at))


@transaction.atomic
def _retire(tenant: Tenant, at: datetime) -> bool:
    lock(tenant)
    if tenant.old_provider_key_until is None or tenant.old_provider_key_until > at:
        return False
    before = _refused([tenant.old_provider_key_digest])
    tenant.old_provider_key_digest, tenant.old_provider_key_until = "", None
    tenant.save(update_fields=["old_provider_key_digest", "old_provider_key_until"])
    events.append(tenant, "tenant.key_retired", tenant.pk, by=SYSTEM, before=before)
    return True


def _refused(digests: Iterable[str]) -> dict[str, list[str]]:
    """Return what the log says of keys that open nothing any more, for those who published them."""
    return {"provider_key_digests": [each for each in digests if each]}
