"""Reading usage. The tenant comes first; what follows narrows it down, and adds it up.

    rows = usage_of(tenant, product=product, metric=metric)
    series(rows, Granularity.DAY, since=since, until=until, zone=zone)

Each such query walks one index: product, application or account, then metric, then time.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TypeVar

from django.db.models import F, QuerySet, Sum
from msgspec import Struct

from tollway.core.series import QUARTER_S, Granularity, starts
from tollway.portal.accounts.models import Account
from tollway.portal.analytics.models import ResponseRow, Row, StreamCursor, UsageRow
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Metric, Product
from tollway.portal.tenants.models import Tenant

R = TypeVar("R", bound=Row)


class Point(Struct, frozen=True):
    """So much in the unit of time that begins at ``start``."""

    start: int
    value: int


def usage_of(
    tenant: Tenant,
    *,
    product: Product | None = None,
    application: Application | None = None,
    account: Account | None = None,
    metric: Metric | None = None,
) -> QuerySet[UsageRow]:
    """Return usage of what all of these have in common."""
    rows = UsageRow.objects.filter(tenant=tenant)
    if product is not None:
        rows = rows.filter(product_id=product.pk)
    if application is not None:
        rows = rows.filter(application_id=application.pk, product_id=application.product_id)
    if account is not None:
        rows = rows.filter(account_id=account.pk)
    return rows if metric is None else rows.filter(metric_id=metric.pk)


def responses_of(
    tenant: Tenant, *, product: Product | None = None, application: Application | None = None
) -> QuerySet[ResponseRow]:
    """Return reported answers. ``code`` is as it was sent; its hundreds are its group."""
    rows = ResponseRow.objects.filter(tenant=tenant)
    if product is not None:
        rows = rows.filter(product_id=product.pk)
    if application is not None:
        rows = rows.filter(application_id=application.pk, product_id=application.product_id)
    return rows


def between(rows: QuerySet[R], *, since: int, until: int) -> QuerySet[R]:
    """Narrow rows down to [since, until), both of which are borders of quarters."""
    return rows.filter(quarter__gte=since, quarter__lt=until)


def series(
    rows: QuerySet[R], granularity: Granularity, *, since: int, until: int, zone: tzinfo
) -> list[Point]:
    """Add rows up by the units of time that touch [since, until); where nothing was used it is 0.

    The first and the last unit hold only what lies within.
    """
    units = starts(granularity, since, until, zone)
    if not units:
        return []
    # The coarsest grid that no border cuts: the database adds up, and few rows travel.
    grid = math.gcd(*(start - units[0] for start in units), until - units[0]) or QUARTER_S
    cells = (
        between(rows, since=since, until=until)
        .annotate(cell=(F("quarter") - units[0]) / grid)
        .order_by()
        .values_list("cell")
        .annotate(total=Sum("value"))
    )
    totals = [0] * len(units)
    for cell, total in cells:
        totals[bisect_right(units, units[0] + cell * grid) - 1] += int(total)
    return [Point(start, total) for start, total in zip(units, totals, strict=True)]


def total(rows: QuerySet[R], *, since: int, until: int) -> int:
    found = between(rows, since=since, until=until).aggregate(total=Sum("value"))["total"]
    return int(found or 0)


def totals_by(field: str, rows: QuerySet[R], *, since: int, until: int) -> Mapping[int, int]:
    """Add up by "metric_id", "application_id", "account_id", "product_id" or "code"; most first."""
    found = between(rows, since=since, until=until).order_by().values_list(field)
    summed = found.annotate(total=Sum("value")).order_by("-total", field)
    return {key: int(value) for key, value in summed}


def recorded_by_quarter(
    *, product_id: int, application_id: int, metric_id: int, since: int, until: int
) -> Sequence[int]:
    """Return what the recorder has of one application in these quarters."""
    rows = UsageRow.objects.filter(
        product_id=product_id, application_id=application_id, metric_id=metric_id
    )
    return list(between(rows, since=since, until=until).values_list("value", flat=True))


def cursor() -> StreamCursor:
    """Return how far the recorder has come."""
    return StreamCursor.objects.get_or_create(pk=1)[0]


def positions(cursor: StreamCursor) -> dict[int, str]:
    """Return the id of the last line recorded, by shard."""
    return {int(shard): last for shard, last in cursor.positions.items()}
