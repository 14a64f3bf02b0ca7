"""What an application has used: by hour or day, beside the time before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from tollway import clock
from tollway.core.series import QUARTER_S, Granularity, quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.applications.models import Application
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.web.templatetags.tollway import Tab

DAY_S = 86_400
METRICS_MAX = 200


class Range(Struct, frozen=True):
    title: str
    seconds: int
    granularity: Granularity
    label: str


RANGES: Mapping[str, Range] = {
    "day": Range("24 h", DAY_S, Granularity.HOUR, "%H:%M"),
    "week": Range("7 days", 7 * DAY_S, Granularity.DAY, "%-d %b"),
    "month": Range("30 days", 30 * DAY_S, Granularity.DAY, "%-d %b"),
}


class Usage(Struct, frozen=True):
    """``change``: in percent against the time before, None where nothing was used then."""

    metric: Metric
    metrics: Sequence[Metric]
    total: int
    change: int | None
    chart: Mapping[str, Any]
    ranges: Sequence[Tab]
    range: str

    @property
    def change_words(self) -> str:
        change = self.change or 0
        return f"{abs(change):,} % {'less' if change < 0 else 'more'}"


def usage_of(application: Application, range_name: str, metric_id: str) -> Usage:
    """Return the usage of one metric; what is not known falls back to hits, and to 30 days."""
    name = range_name if range_name in RANGES else "month"
    chosen = RANGES[name]
    metrics = list(catalog.usable_metrics_of(application.tenant, application.product)[:METRICS_MAX])
    metric = next((each for each in metrics if str(each.pk) == metric_id), None) or next(
        each for each in metrics if each.is_hits and each.product_id
    )
    until = quarter_of(clock.now()) + QUARTER_S
    since = until - chosen.seconds
    rows = analytics.usage_of(application.tenant, application=application, metric=metric)
    points = analytics.series(rows, chosen.granularity, since=since, until=until, zone=UTC)
    total = sum(point.value for point in points)
    before = analytics.total(rows, since=since - chosen.seconds, until=since)
    chart = {
        "kind": "bar",
        "unfinished": True,
        "x": [datetime.fromtimestamp(each.start, UTC).strftime(chosen.label) for each in points],
        "series": [{"name": metric.friendly_name, "data": [each.value for each in points]}],
    }
    return Usage(
        metric=metric,
        metrics=metrics,
        total=total,
        change=round((total - before) * 100 / before) if before else None,
        chart=chart,
        ranges=[
            Tab(each.title, f"?range={key}&metric={metric.pk}#usage", is_current=key == name)
            for key, each in RANGES.items()
        ],
        range=name,
    )
