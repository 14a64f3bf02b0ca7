"""What a call would meet in a plan: which limits it touches, and which refuse it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum

from django.conf import settings
from msgspec import Struct

from tollway.core import limits
from tollway.core.limits import Limit
from tollway.core.metrics import Metric, MetricTree
from tollway.core.periods import Period
from tollway.portal.applications.models import Application
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Backend, Product
from tollway.portal.console.counting.trial import Count
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.store import Cell, StoreUnavailableError
from tollway.store.usage import Question, UsageStreams

_logger = logging.getLogger(__name__)


class Verdict(StrEnum):
    PASSES = "passes"
    EXCEEDED = "exceeded"  # answered as limits exceeded, 429 unless the product says otherwise
    OFF = "off"  # a limit of 0 switches a metric off: answered as failed authentication, 403


class Effect(Struct, frozen=True):
    """One limit that the call touches. ``used`` and ``end``: None if nobody in particular calls.

    ``end`` is when the window ends, in seconds since the epoch; None for eternity too.
    """

    metric: str
    units: int
    period: str
    maximum: int
    verdict: Verdict
    used: int | None = None
    end: int | None = None

    @property
    def after(self) -> int | None:
        """Return what is used once the call is counted."""
        return None if self.used is None else self.used + self.units


class Effects(Struct, frozen=True):
    """``unlimited`` are metrics that the plan does not limit. Not ``known``: the store is away."""

    touched: tuple[Effect, ...]
    unlimited: tuple[str, ...]
    known: bool = True

    @property
    def verdict(self) -> Verdict:
        """What the gateway makes of them all: off wins, as nothing may be used then."""
        found = {effect.verdict for effect in self.touched}
        order = (Verdict.OFF, Verdict.EXCEEDED)
        return next((each for each in order if each in found), Verdict.PASSES)


def tree_of(owner: Product | Backend) -> MetricTree:
    """Return the metrics that a call may count, as the authority has them.

    Backends' hits add up into the product's.
    """
    if isinstance(owner, Backend):
        rows = list(catalog.metrics_of(owner.tenant, owner))
        return MetricTree([_metric(row.pk, row.wire_name, row.parent_id) for row in rows])
    rows = list(catalog.usable_metrics_of(owner.tenant, owner))
    top = next(row.pk for row in rows if row.is_hits and row.product_id is not None)
    return MetricTree(
        [
            _metric(row.pk, row.wire_name, top if row.is_hits and row.backend_id else row.parent_id)
            for row in rows
        ]
    )


def _metric(pk: int, name: str, parent: int | None) -> Metric:
    return Metric(str(pk), name, None if parent is None else str(parent))


def effects(
    plan: ApplicationPlan, counts: Sequence[Count], application: Application | None, *, at: int
) -> Effects:
    """Return what ``counts`` meet in a plan; with an application, beside what it has used."""
    of_metric = {count.metric_id: count for count in counts}
    found = selectors.limits_of(plan.tenant, plan).filter(metric__in=of_metric)
    rows = sorted(found, key=lambda row: list(of_metric).index(row.metric_id))
    limited = {row.metric_id for row in rows}
    free = tuple(count.name for count in counts if count.metric_id not in limited)
    cells = _cells(application, sorted(limited), at) if application else {}
    known = cells is not None
    touched = tuple(_effect(row, of_metric[row.metric_id], cells or {}, at) for row in rows)
    return Effects(touched, free, known)


def _effect(row: UsageLimit, count: Count, cells: Mapping[str, Cell], at: int) -> Effect:
    limit = Limit(str(row.metric_id), Period(row.period), row.value)
    used = end = None
    taken = 0
    if limit.metric in cells:
        report = limits.reports([limit], cells, at=at)[0]
        used, end = report.used, report.window.end
        taken = used + cells[limit.metric].held
    verdict = Verdict.PASSES
    if limit.maximum == 0:
        verdict = Verdict.OFF
    elif taken + count.units > limit.maximum:
        verdict = Verdict.EXCEEDED
    return Effect(count.name, count.units, limit.period, limit.maximum, verdict, used, end)


def _cells(application: Application, metrics: Sequence[int], at: int) -> Mapping[str, Cell] | None:
    """Ask the store what an application has used; None if it does not answer."""
    names = [str(metric) for metric in metrics]
    if not names:
        return {}
    question = Question(str(application.product_id), application.application_id, names)
    try:
        streams = UsageStreams.connect(settings.TOLLWAY.valkey_url)
        try:
            [cells] = streams.counters([question], at=at)
        finally:
            streams.close()
    except StoreUnavailableError as error:
        _logger.warning("the store does not say what is used: %s", error)
        return None
    return dict(zip(names, cells, strict=True))
