"""Reading usage. The tenant comes first; what follows narrows it down, and adds it up.

    rows = usage_of(tenant, product=product, metric=metric)
    series(rows, Granularity.DAY, since=since, until=until, zone=zone)

Each such query walks one index: product, application or account, then metric, then time. What is
asked of all products at once walks another: the tenant, then time.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TypeVar

from django.db.models import Count, F, Q, QuerySet, Sum
from msgspec import Struct

from tollway.core import alerts
from tollway.core.periods import Period
from tollway.core.series import QUARTER_S, Granularity, starts
from tollway.portal.accounts.models import Account
from tollway.portal.analytics.models import (
    ReachedLevel,
    ResponseRow,
    Row,
    StreamCursor,
    UsageRow,
)
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import HITS, Metric, Product
from tollway.portal.tenants.models import Tenant

R = TypeVar("R", bound=Row)

Quarters = Mapping[int, Mapping[int, int]]
"""Product -> quarter of an hour -> amount."""


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
    narrow = product is not None or application is not None or account is not None
    rows = _of(UsageRow.objects.all(), tenant, narrow=narrow)
    if product is not None:
        rows = rows.filter(product_id=product.pk)
    if application is not None:
        rows = rows.filter(application_id=application.pk, product_id=application.product_id)
    if account is not None:
        rows = rows.filter(account_id=account.pk)
    return rows if metric is None else rows.filter(metric_id=metric.pk)


def calls_of(tenant: Tenant) -> QuerySet[UsageRow]:
    """Return usage of every product's `hits`: the calls that were counted."""
    hits = Metric.objects.filter(tenant=tenant, product__isnull=False, system_name=HITS)
    return usage_of(tenant).filter(
        product_id__in=hits.values("product"), metric_id__in=hits.values("id")
    )


def responses_of(
    tenant: Tenant, *, product: Product | None = None, application: Application | None = None
) -> QuerySet[ResponseRow]:
    """Return reported answers. ``code`` is as it was sent; its hundreds are its group."""
    narrow = product is not None or application is not None
    rows = _of(ResponseRow.objects.all(), tenant, narrow=narrow)
    if product is not None:
        rows = rows.filter(product_id=product.pk)
    if application is not None:
        rows = rows.filter(application_id=application.pk, product_id=application.product_id)
    return rows


def _of(rows: QuerySet[R], tenant: Tenant, *, narrow: bool) -> QuerySet[R]:
    """Keep a tenant's rows; where they are narrowed down, by a term that fits no index.

    Else SQLite, which keeps no statistics, would take the tenant's index instead of the narrow one.
    """
    if not narrow:
        return rows.filter(tenant=tenant)
    narrowed: QuerySet[R] = rows.alias(owner=F("tenant_id") + 0).filter(owner=tenant.pk)
    return narrowed


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
    cells, grid = _cells(rows, units, since=since, until=until)
    totals = [0] * len(units)
    for cell, total in cells.values_list("cell").annotate(total=Sum("value")):
        totals[bisect_right(units, units[0] + cell * grid) - 1] += int(total)
    return [Point(start, total) for start, total in zip(units, totals, strict=True)]


def series_by(
    field: str,
    rows: QuerySet[R],
    granularity: Granularity,
    *,
    since: int,
    until: int,
    zone: tzinfo,
) -> tuple[list[int], Mapping[int, list[int]]]:
    """Return the units' starts, and what was used in each by "metric_id", "application_id", ….

    In one query; what was not used at all is left out.
    """
    units, found = starts(granularity, since, until, zone), dict[int, list[int]]()
    if not units:
        return [], found
    cells, grid = _cells(rows, units, since=since, until=until)
    for key, cell, total in cells.values_list(field, "cell").annotate(total=Sum("value")):
        totals = found.setdefault(key, [0] * len(units))
        totals[bisect_right(units, units[0] + cell * grid) - 1] += int(total)
    return units, found


def _cells(
    rows: QuerySet[R], units: Sequence[int], *, since: int, until: int
) -> tuple[QuerySet[R], int]:
    """Annotate rows with a ``cell`` of the coarsest grid that no unit's border cuts; return both.

    So the database adds up, and few rows travel. The grid's step is in seconds.
    """
    grid = math.gcd(*(start - units[0] for start in units), until - units[0]) or QUARTER_S
    found = between(rows, since=since, until=until)
    return found.annotate(cell=(F("quarter") - units[0]) / grid).order_by(), grid


def total(rows: QuerySet[R], *, since: int, until: int) -> int:
    found = between(rows, since=since, until=until).aggregate(total=Sum("value"))["total"]
    return int(found or 0)


def callers(rows: QuerySet[R], *, since: int, until: int) -> int:
    """Count the applications that were used."""
    found = between(rows, since=since, until=until).exclude(application_id=0)
    return found.aggregate(callers=Count("application_id", distinct=True))["callers"] or 0


def totals_by(field: str, rows: QuerySet[R], *, since: int, until: int) -> Mapping[int, int]:
    """Add up by "metric_id", "application_id", "account_id", "product_id" or "code"; most first."""
    found = between(rows, since=since, until=until).order_by().values_list(field)
    summed = found.annotate(total=Sum("value")).order_by("-total", field)
    return {key: int(value) for key, value in summed}


def quarters_by_product(rows: QuerySet[R], *, since: int, until: int) -> Quarters:
    """Add up by product and quarter; quarters in which nothing was used are left out."""
    cells = between(rows, since=since, until=until).order_by().values_list("product_id", "quarter")
    found: dict[int, dict[int, int]] = {}
    for product, quarter, amount in cells.annotate(total=Sum("value")):
        found.setdefault(product, {})[quarter] = int(amount)
    return found


def callers_by_product(
    rows: QuerySet[R], *, since: int, until: int
) -> Mapping[int, frozenset[int]]:
    """Return the ids of the applications that were used, by product."""
    found = between(rows, since=since, until=until).exclude(application_id=0).order_by()
    ids: dict[int, set[int]] = {}
    for product, application in found.values_list("product_id", "application_id").distinct():
        ids.setdefault(product, set()).add(application)
    return {product: frozenset(applications) for product, applications in ids.items()}


def levels_of(tenant: Tenant) -> QuerySet[ReachedLevel]:
    """Return what applications have reached of limits, where the product wants to hear of it."""
    return ReachedLevel.objects.filter(tenant=tenant).order_by("id")


def still_running(levels: QuerySet[ReachedLevel], *, at: int) -> QuerySet[ReachedLevel]:
    """Leave out the levels that were reached in windows which have ended by ``at``."""
    running = Q()
    for period in Period:
        running |= Q(period=period, window=alerts.occasion(period, at))
    return levels.filter(running)


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
