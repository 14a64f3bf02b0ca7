"""Levels of utilisation that applications reach, as the log tells of them.

``alert.raised`` is 3scale's event; ``level.reached`` is ours, for each limit by itself. Both are of
the levels that the product has ticked for somebody to be told of; nobody: nothing is looked at.

What has been used is read from the cells, which decide, and not from rows: they know windows of a
minute, and what `#n` has replaced, and no quarter has to be added up. They are as new as the lines
being recorded, or newer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from tollway.core import alerts, limits
from tollway.core.limits import Limit, Report
from tollway.core.periods import Period, per
from tollway.portal.alerts.models import Alert
from tollway.portal.alerts.services import Reached, store
from tollway.portal.analytics.models import RaisedLevel, ReachedLevel
from tollway.portal.analytics.services.happenings import Happening
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.log import identity
from tollway.portal.catalog.models import BackendUsage, Metric
from tollway.portal.plans.models import UsageLimit
from tollway.portal.plans.selectors import effective_limits
from tollway.store import Cell
from tollway.store.usage import Question


class Watched(Struct, frozen=True):
    """An application whose product wants to hear of these levels, and the limits of its plan."""

    application: Application
    levels: frozenset[int]
    limits: Sequence[Limit]
    metrics: Mapping[str, Metric]

    @property
    def question(self) -> Question:
        """What to ask the store."""
        names = self.application.product_id, self.application.application_id
        return Question(str(names[0]), names[1], list(self.metrics))


def watched(applications: Iterable[Application]) -> list[Watched]:
    """Return those that have something to watch. Limits of 0 switch off, and are never used."""
    ticked = {each.pk: frozenset(_levels(each)) for each in applications}
    chosen = [each for each in applications if ticked[each.pk]]
    plans = {each.plan_id for each in chosen} | {each.plan.parent_id for each in chosen}
    of_plan: defaultdict[int | None, list[UsageLimit]] = defaultdict(list)
    for limit in UsageLimit.objects.filter(plan__in=plans - {None}).select_related("metric"):
        of_plan[limit.plan_id].append(limit)
    usages = BackendUsage.objects.filter(product__in={each.product_id for each in chosen})
    used = set(usages.values_list("product_id", "backend_id"))
    found = []
    for each in chosen:
        in_force = effective_limits(of_plan[each.plan.parent_id], of_plan[each.plan_id])
        rows = [
            limit
            for limit in in_force
            if limit.value
            and (limit.metric.product_id or (each.product_id, limit.metric.backend_id) in used)
        ]
        if rows:
            metrics = {str(row.metric_id): row.metric for row in rows}
            found.append(Watched(each, ticked[each.pk], [_limit(row) for row in rows], metrics))
    return found


def note_levels(watch: Watched, cells: Sequence[Cell], *, at: int) -> Iterator[Happening]:
    """Write down what levels were reached by ``at``; yield what is news of it.

    ``cells`` answer ``watch.question``.
    """
    before = dict(zip(watch.metrics, cells, strict=True))
    reports = limits.reports(watch.limits, before, at=at)
    yield from _alert(watch, reports, at)
    yield from _reached(watch, reports, at)


def _alert(watch: Watched, reports: Sequence[Report], at: int) -> Iterator[Happening]:
    report = alerts.tightest(reports)
    if report is None or not report.used:
        return
    raised = RaisedLevel.objects.filter(application=watch.application)
    known = dict(raised.values_list("level", "at"))
    level = alerts.level_to_raise(report, watch.levels, known, at=at)
    if not level:
        return
    RaisedLevel.objects.update_or_create(
        application=watch.application,
        level=level,
        defaults={"tenant": watch.application.tenant, "at": at},
    )
    name = watch.metrics[report.limit.metric].wire_name
    after = {
        "utilization": level,
        "max_utilization": report.used / report.limit.maximum,
        "limit": f"{name} per {report.limit.period}: {report.used}/{report.limit.maximum}",
    }
    yield _happening(watch, "alert.raised", after)


def _reached(watch: Watched, reports: Sequence[Report], at: int) -> Iterator[Happening]:
    rows = ReachedLevel.objects.filter(application=watch.application)
    known = {(row.metric_id, row.period): row for row in rows}
    for report in reports:
        limit = report.limit
        level = alerts.highest_reached(report.used, limit.maximum, watch.levels)
        window = alerts.occasion(limit.period, at)
        last = known.get((int(limit.metric), limit.period))
        if not level or (last and (last.window, last.level) >= (window, level)):
            continue
        ReachedLevel.objects.update_or_create(
            application=watch.application,
            metric_id=int(limit.metric),
            period=limit.period,
            defaults={"tenant": watch.application.tenant, "window": window, "level": level},
        )
        _store(watch, report, window)
        after = {
            "metric_id": int(limit.metric),
            "period": limit.period,
            "window": report.window.start,
            "level": level,
            "used": report.used,
            "maximum": limit.maximum,
            "above": last.level if last and last.window == window else 0,
        }
        yield _happening(watch, "level.reached", after)


# Which channel of a product's settings fills whose list of alerts.
_LISTS = {"web_provider": Alert.Audience.PROVIDER, "web_buyer": Alert.Audience.BUYER}


def _store(watch: Watched, report: Report, window: int) -> None:
    """Keep an alert of the highest level that each side watches, in the recorder's transaction."""
    limit, channels = report.limit, watch.application.product.notification_settings
    name = f"{watch.metrics[limit.metric].wire_name} {per(limit.period)}"
    for channel, audience in _LISTS.items():
        shown = channels.get(channel, ())
        if level := alerts.highest_reached(report.used, limit.maximum, shown):
            reached = Reached(
                int(limit.metric), limit.period, window, level, name, report.used, limit.maximum
            )
            store(watch.application, reached, audience)


def _happening(watch: Watched, kind: str, after: Mapping[str, object]) -> Happening:
    told = {**identity(watch.application), **after}
    return Happening(watch.application.tenant, kind, watch.application.pk, told)


def _levels(application: Application) -> set[int]:
    """Return the levels that anybody is to be told of, by whatever channel."""
    channels: Mapping[str, Sequence[int]] = application.product.notification_settings
    return {level for levels in channels.values() for level in levels}


def _limit(row: UsageLimit) -> Limit:
    return Limit(str(row.metric_id), Period(row.period), row.value)
