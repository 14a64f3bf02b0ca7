"""Writing to the log of business changes, and moving its readers along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from tollway import clock
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Cursor, Event
from tollway.portal.tenants.models import Tenant

# Any number that nothing else in the database takes an advisory lock on.
_APPEND_LOCK = 0x746F6C6C


def append(
    tenant: Tenant,
    kind: str,
    object_id: int,
    *,
    by: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Event:
    """Record one change, as the last statement of its transaction.

    ``kind`` is "product.created": what the object is, a dot, what happened to it. ``before`` and
    ``after`` hold changed fields as JSON, and what a reader needs of rows that are gone: ids and
    digests, never a secret.

    Readers ask for `id > cursor`. PostgreSQL hands out ids before it commits, so a reader could
    pass an id that becomes visible later, and lose it. The lock makes ids visible in order; held
    for one statement and a commit, it costs little. SQLite has one writer at a time anyway.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an event belongs to its change's transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
    return Event.objects.create(
        tenant=tenant,
        at=clock.utc_now(),
        actor_kind=by.kind,
        actor_id=by.id,
        on_behalf_of=by.on_behalf_of,
        request_id=by.request_id,
        kind=kind,
        object_kind=kind.partition(".")[0],
        object_id=str(object_id),
        before=dict(before or {}),
        after=dict(after or {}),
    )


def begin(reader: str) -> None:
    """Start a reader at the end of the log, unless it has begun: what was is not its business."""
    newest = Event.objects.order_by("-id").values_list("id", flat=True)
    Cursor.objects.get_or_create(reader=reader, defaults={"position": lambda: newest.first() or 0})


def advance(reader: str, *, to: int) -> None:
    """Remember that ``reader`` has dealt with every event up to and including ``to``."""
    Cursor.objects.update_or_create(reader=reader, defaults={"position": to})
