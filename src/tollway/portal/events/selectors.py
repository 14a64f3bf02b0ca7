"""Reading the log: by readers with a cursor, and by a tenant's audit page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Min, QuerySet

from tollway.portal.events.models import Cursor, Event
from tollway.portal.tenants.models import Tenant


def events_of(tenant: Tenant) -> QuerySet[Event]:
    return tenant.events.order_by("id")


def events_after(position: int, *, limit: int) -> Sequence[Event]:
    """Return at most ``limit`` events of all tenants, oldest first, for a reader of the log."""
    return list(Event.objects.filter(id__gt=position).order_by("id")[:limit])


def position_of(reader: str) -> int:
    """Return the id of the last event that ``reader`` has dealt with, 0 at first."""
    position = Cursor.objects.filter(reader=reader).values_list("position", flat=True).first()
    return position or 0


def newest_position() -> int:
    """Return the id of the newest event, 0 for an empty log."""
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def waiting(position: int) -> tuple[int, datetime] | None:
    """Return how many events come after ``position``, and when the first was; None for none."""
    found = Event.objects.filter(id__gt=position).aggregate(count=Count("id"), since=Min("at"))
    return (found["count"], found["since"]) if found["count"] else None
