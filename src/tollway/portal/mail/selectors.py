"""Reading messages: those of a tenant, for its mailbox; those that are due, for the worker."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from tollway.portal.mail.models import Audience, Mail
from tollway.portal.tenants.models import Tenant


def mails_of(tenant: Tenant) -> QuerySet[Mail]:
    """Return what was written about this tenant's affairs, newest first.

    The operator sees what is sent in its name, too: everything to the admins of its tenants.
    """
    seen = Q(tenant=tenant)
    if tenant.is_master:
        seen |= Q(audience=Audience.ADMIN)
    return Mail.objects.filter(seen).order_by("-id")


def due(at: datetime) -> QuerySet[Mail]:
    """Return what waits to be sent, of all tenants, and nobody is just sending."""
    return Mail.objects.filter(state=Mail.State.WAITING, next_try_at__lte=at)


def lag(at: datetime) -> tuple[int, datetime | None]:
    """Return how many messages are due, and since when the first is."""
    found = due(at).aggregate(count=Count("id"), since=Min("next_try_at"))
    return found["count"], found["since"]
