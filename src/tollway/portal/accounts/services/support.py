"""Admins who act as a developer, to see what the developer sees.

    token = act_as(account, admin, by=actor)    on the admin side; it works once, for minutes
    visit = begin_visit(tenant, token, by=…)    on the developers' side, which has another host
    end_visit(visit, by=…)

Whatever is changed in between is logged as the admin's doing, on behalf of the developer
(``visits.acting``). Passwords are not changed and nobody is deleted that way: see
``services/users.py``.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from msgspec import Struct

from tollway import clock
from tollway.portal.accounts.models import Account, SupportVisit, User
from tollway.portal.accounts.visits import acting, is_open, may_act, represented_by, visits_of
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, digest, refuse
from tollway.portal.tenants.models import Tenant

LASTS = timedelta(hours=1)
TAKES = timedelta(minutes=5)
NOT_APPROVED = "The account is not approved: nobody can sign in to it"
NOBODY = "The account has no active user to act as"
NOT_YOURS = "Only who may manage accounts may act as a developer"

_BYTES = 32


class Handover(Struct, frozen=True):
    """``token`` begins the visit. It goes into the body of a POST, never into an address."""

    visit: SupportVisit
    token: str


@transaction.atomic
def act_as(account: Account, admin: User, *, by: Actor) -> Handover:
    """Let ``admin`` act as the account's first active admin, or else as its first active user.

    Refused for an account that nobody can sign in to, and to whom accounts are not open.
    """
    if admin.account_id is not None or admin.tenant_id != account.tenant_id or not may_act(admin):
        raise refuse(BASE, NOT_YOURS)
    if account.state != Account.State.APPROVED:
        raise refuse(BASE, NOT_APPROVED)
    developer = represented_by(account)
    if developer is None:
        raise refuse(BASE, NOBODY)
    token, at = secrets.token_urlsafe(_BYTES), clock.utc_now()
    visit = SupportVisit.objects.create(
        tenant=account.tenant,
        admin=admin,
        developer=developer,
        digest=_digest(token),
        takes_until=at + TAKES,
        ends_at=at + LASTS,
    )
    after = {"user_id": developer.pk, "username": developer.username}
    events.append(account.tenant, "account.acting_allowed", account.pk, by=by, after=after)
    return Handover(visit, token)


@transaction.atomic
def begin_visit(tenant: Tenant, token: str, *, request_id: str = "") -> SupportVisit:
    """Spend the token. Refused for one that does not work (any more)."""
    at = clock.utc_now()
    rows = visits_of(tenant).filter(digest=_digest(token), takes_until__gt=at)
    visit = rows.first()
    if visit is None or not is_open(visit):
        raise refuse("token", "is invalid, has been used, or is too old")
    spent = SupportVisit.objects.filter(pk=visit.pk, digest=visit.digest)
    if not spent.update(digest="", begun_at=at, updated_at=at):
        raise refuse("token", "is invalid, has been used, or is too old")
    by = acting(visit, request_id)
    after = {"username": visit.developer.username, "ends_at": visit.ends_at.isoformat()}
    account_id = visit.developer.account_id
    assert account_id is not None  # noqa: S101  (visits are of developers)
    events.append(tenant, "account.acting_began", account_id, by=by, after=after)
    return visit


@transaction.atomic
def end_visit(visit: SupportVisit, *, request_id: str = "") -> None:
    """End it now. One that has ended already is left alone."""
    at = clock.utc_now()
    running = SupportVisit.objects.filter(pk=visit.pk, ended_at__isnull=True)
    if not running.update(ended_at=at, updated_at=at):
        return
    account_id = visit.developer.account_id
    assert account_id is not None  # noqa: S101  (visits are of developers)
    by = acting(visit, request_id)
    after = {"username": visit.developer.username}
    events.append(visit.tenant, "account.acting_ended", account_id, by=by, after=after)


def _digest(token: str) -> str:
    return digest("support_visit", token)
