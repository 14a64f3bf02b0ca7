"""Storing alerts, and marking them as read or deleted."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.db.models import F, QuerySet
from msgspec import Struct

from tollway.portal.alerts.models import Alert
from tollway.portal.applications.models import Application
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.tenants.models import Tenant

_TOKEN_BYTES = 12


class Reached(Struct, frozen=True):
    """A level of a limit. ``window`` begins at that second; ``limit`` reads "hits per hour"."""

    metric_id: int
    period: str
    window: int
    level: int
    limit: str
    used: int
    maximum: int


class Marked(Struct, frozen=True):
    """How many alerts changed their state; ``token`` undoes it."""

    count: int
    token: str


def store(
    application: Application, reached: Reached, audience: str = Alert.Audience.PROVIDER
) -> None:
    """Keep an alert for one side. One that is there stays as it is (feature map, AL7)."""
    Alert.objects.get_or_create(
        application=application,
        audience=audience,
        metric_id=reached.metric_id,
        period=reached.period,
        window=reached.window,
        level=reached.level,
        defaults={
            "tenant_id": application.tenant_id,
            "product_id": application.product_id,
            "account_id": application.account_id,
            "limit": reached.limit,
            "used": reached.used,
            "maximum": reached.maximum,
        },
    )


@transaction.atomic
def mark(tenant: Tenant, alerts: QuerySet[Alert], state: str, *, by: Actor) -> Marked:
    """Mark those of ``alerts`` that are the tenant's as "read", "unread" or "deleted"."""
    token = secrets.token_hex(_TOKEN_BYTES)
    rows = alerts.filter(tenant=tenant).exclude(state__in=(state, Alert.State.DELETED))
    count = rows.update(was=F("state"), state=state, marked=token)
    _told(tenant, count, by, state)
    return Marked(count, token)


@transaction.atomic
def unmark(tenant: Tenant, alerts: QuerySet[Alert], token: str, *, by: Actor) -> int:
    """Undo what ``mark`` did under this token; return how many alerts are as they were."""
    if not token:
        return 0
    rows = alerts.filter(tenant=tenant, marked=token)
    count = rows.update(state=F("was"), marked="")
    _told(tenant, count, by, "as before")
    return count


def _told(tenant: Tenant, count: int, by: Actor, state: str) -> None:
    if count:
        after = {"count": count, "state": state}
        events.append(tenant, "alerts.marked", tenant.pk, by=by, after=after)
