"""The last day's calls: exact to the last one recorded, and cheap enough to be asked each second.

Every open dashboard asks. So what is read is kept in memory, for all of a tenant's dashboards:

* *settled* quarters of an hour, all but the last two, with those of the day before: for a minute.
  Only a report that names a time that long ago can still change them.
* *running* ones, until the recorder has made another step. They walk one short range of an index.

A dashboard of a tenant without traffic costs one small query for the recorder's version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.db.models import QuerySet
from msgspec import Struct

from tollway.core.series import QUARTER_S, quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.analytics.models import ResponseRow, UsageRow
from tollway.portal.analytics.selectors import Quarters
from tollway.portal.console.dashboard.keeping import Newest
from tollway.portal.tenants.models import Tenant

DAY_S = 24 * 3600
RUNNING_S = 2 * QUARTER_S
SETTLED_FOR_S = 60
TENANTS_KEPT, DASHBOARDS_KEPT = 64, 256
SERVER_ERROR = 500

T = TypeVar("T")


class Span(Struct, frozen=True):
    """Calls, answers of 500 and above, and who called, by product."""

    calls: Quarters
    errors: Quarters
    callers: Mapping[int, frozenset[int]]


class Totals(Struct, frozen=True):
    calls: int = 0
    errors: int = 0
    callers: int = 0


class Day(Struct, frozen=True):
    """The 96 quarters of an hour that end with the one that runs, of the products that count.

    ``settled`` and ``before`` can be compared: the settled part of this day, and the same part of
    the day before it.
    """

    since: int
    calls: tuple[int, ...]
    errors: tuple[int, ...]
    by_product: Mapping[int, int]
    callers: int
    settled: Totals
    before: Totals
    spans: tuple[Span, Span]

    @property
    def quarters(self) -> range:
        return range(self.since, self.since + DAY_S, QUARTER_S)

    def of_product(self, product_id: int) -> list[int]:
        """Return the calls of one product by quarter."""
        return _laid_out(self.quarters, [span.calls.get(product_id, {}) for span in self.spans])


def day_of(tenant: Tenant, allowed: frozenset[int] | None, *, at: int) -> Day:
    """Return the day that ends at ``at``, of the ``allowed`` products (None: all)."""
    until = quarter_of(at) + QUARTER_S
    # Not all tenants' settled quarters are read at the same moment.
    minute = (at + tenant.pk * 7) // SETTLED_FOR_S
    state = until, minute, analytics.cursor().version
    return _days.get((tenant.pk, allowed), state, lambda: _day(tenant, allowed, state))


def forget() -> None:
    """Read everything anew, in a database that is another now."""
    for kept in (_days, _sums, _settled, _running):
        kept.clear()


class _Sum(Struct, frozen=True):
    """A span, added up over the products that count."""

    calls: tuple[int, ...]
    errors: tuple[int, ...]
    by_product: Mapping[int, int]
    callers: frozenset[int]

    @property
    def totals(self) -> Totals:
        return Totals(sum(self.calls), sum(self.errors), len(self.callers))


_days = Newest[Day](DASHBOARDS_KEPT)
_sums = Newest[tuple[_Sum, Totals]](DASHBOARDS_KEPT)
_settled = Newest[tuple[Span, Span]](TENANTS_KEPT)
_running = Newest[Span](TENANTS_KEPT)

State = tuple[int, int, int]
"""Where the day ends, the minute of the settled quarters, and the recorder's step."""


def _day(tenant: Tenant, allowed: frozenset[int] | None, state: State) -> Day:
    until, minute, version = state
    since, border = until - DAY_S, until - RUNNING_S
    spans = (
        _settled.get(tenant.pk, (border, minute), lambda: _read_settled(tenant, border)),
        _running.get(tenant.pk, (until, version), lambda: _read(tenant, border, until)),
    )
    settled, before = _sums.get(
        (tenant.pk, allowed), (border, minute), lambda: _sum(spans[0], border, allowed)
    )
    running = _summed(spans[1], range(border, until, QUARTER_S), allowed)
    products = settled.by_product.keys() | running.by_product.keys()
    return Day(
        since=since,
        calls=settled.calls + running.calls,
        errors=settled.errors + running.errors,
        by_product={
            product: settled.by_product.get(product, 0) + running.by_product.get(product, 0)
            for product in products
        },
        callers=len(settled.callers) + len(running.callers - settled.callers),
        settled=settled.totals,
        before=before,
        spans=(spans[0][0], spans[1]),
    )


def _sum(
    spans: tuple[Span, Span], border: int, allowed: frozenset[int] | None
) -> tuple[_Sum, Totals]:
    """Add up the settled part of this day, and of the day before."""
    today = range(border + RUNNING_S - DAY_S, border, QUARTER_S)
    before = range(today.start - DAY_S, today.stop - DAY_S, QUARTER_S)
    return _summed(spans[0], today, allowed), _summed(spans[1], before, allowed).totals


def _read_settled(tenant: Tenant, border: int) -> tuple[Span, Span]:
    since = border + RUNNING_S - DAY_S
    return _read(tenant, since, border), _read(tenant, since - DAY_S, border - DAY_S)


def _read(tenant: Tenant, since: int, until: int) -> Span:
    calls: QuerySet[UsageRow] = analytics.calls_of(tenant)
    failed: QuerySet[ResponseRow] = analytics.responses_of(tenant).filter(code__gte=SERVER_ERROR)
    return Span(
        calls=analytics.quarters_by_product(calls, since=since, until=until),
        errors=analytics.quarters_by_product(failed, since=since, until=until),
        callers=analytics.callers_by_product(calls, since=since, until=until),
    )


def _shown(found: Mapping[int, T], allowed: frozenset[int] | None) -> Mapping[int, T]:
    if allowed is None:
        return found
    return {product: each for product, each in found.items() if product in allowed}


def _laid_out(quarters: range, amounts: Iterable[Mapping[int, int]]) -> list[int]:
    """Add up into one number for each quarter."""
    values = [0] * len(quarters)
    for each in amounts:
        for quarter, amount in each.items():
            values[(quarter - quarters.start) // QUARTER_S] += amount
    return values


def _summed(span: Span, quarters: range, allowed: frozenset[int] | None) -> _Sum:
    calls, errors = _shown(span.calls, allowed), _shown(span.errors, allowed)
    return _Sum(
        calls=tuple(_laid_out(quarters, calls.values())),
        errors=tuple(_laid_out(quarters, errors.values())),
        by_product={product: sum(each.values()) for product, each in calls.items()},
        callers=frozenset().union(*_shown(span.callers, allowed).values()),
    )
