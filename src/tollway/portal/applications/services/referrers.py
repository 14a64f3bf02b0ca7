"""Referrer filters: from where an application's calls may come."""

from __future__ import annotations

from django.db import transaction

from tollway.portal.applications.models import Application, ReferrerFilter
from tollway.portal.applications.services.log import append
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, fill, lock, refuse

FILTERS_MAX = 5


@transaction.atomic
def add_referrer_filter(application: Application, *, by: Actor, value: str) -> ReferrerFilter:
    """Add a filter of letters, digits, `.`, `-` and `*`, which stands for anything.

    It is kept whatever the product says, and looked at while the product requires filters.
    """
    lock(application)
    if application.referrer_filters.count() >= FILTERS_MAX:
        raise refuse(BASE, f"The limit of {FILTERS_MAX} referrer filters is reached")
    row = ReferrerFilter(tenant=application.tenant, application=application)
    fill(row, {"value": value}, ("value",))
    row.save()
    after = {"filter_id": row.pk, "value": row.value}
    append(application, "referrer_filter_created", by=by, after=after)
    return row


@transaction.atomic
def remove_referrer_filter(row: ReferrerFilter, *, by: Actor) -> None:
    application = row.application
    lock(application)
    lock(row)
    before = {"filter_id": row.pk, "value": row.value}
    row.delete()
    append(application, "referrer_filter_deleted", by=by, before=before)
