"""The end of credentials that were replaced: what the worker does when their moment has come.

An expiry is a change like any other: a row goes, an event says so, and publishing does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tollway.portal.applications.models import Application, ApplicationKey, FormerUserKey
from tollway.portal.applications.services.log import append
from tollway.portal.catalog.services import retire_service_tokens
from tollway.portal.events.actors import SYSTEM

BATCH = 100  # of each kind in one step


def retire_credentials(at: datetime) -> int:
    """Remove the user keys, application keys and service tokens that end by ``at``.

    Of all tenants, at most a batch of each; return how many. To do it twice is to do it once.
    """
    return (
        _each(FormerUserKey.objects.filter(expires_at__lte=at), _end_user_key)
        + _each(ApplicationKey.objects.filter(expires_at__lte=at), _end_key)
        + retire_service_tokens(at)
    )


def _each(due: QuerySet, end: Callable[[Application, int], bool]) -> int:  # type: ignore[type-arg]
    rows = due.order_by("expires_at").select_related("application__tenant")[:BATCH]
    return sum(end(row.application, row.pk) for row in rows)


@transaction.atomic
def _end_user_key(application: Application, pk: int) -> bool:
    deleted, _ = application.former_user_keys.filter(pk=pk).delete()
    if deleted:
        append(application, "user_key_expired", by=SYSTEM)
    return bool(deleted)


@transaction.atomic
def _end_key(application: Application, pk: int) -> bool:
    deleted, _ = application.keys.filter(pk=pk).delete()
    if deleted:
        append(application, "key_expired", by=SYSTEM, before={"key_id": pk})
    return bool(deleted)
