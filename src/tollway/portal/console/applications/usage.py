"""What an application has used: by hour or day, beside the time before; and as a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import clock
from tollway.core.series import QUARTER_S, Granularity, quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.applications.models import Application
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.console.applications.finding import application_or_404
from tollway.portal.web.sheets import usage_sheet
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
    name, chosen = _range(range_name)
    metrics = _metrics(application)
    metric = next((each for each in metrics if str(each.pk) == metric_id), None) or next(
        each for each in metrics if each.is_hits and each.product_id
    )
    since, until = _span(chosen)
    rows = analytics.usage_of(application.tenant, application=application, metric=metric)
    points = analytics.series(rows, chosen.granularity, since=since, until=until, zone=UTC)
    total = sum(point.value for point in points)
    before = analytics.total(rows, since=since - chosen.seconds, until=since)
    chart = {
        "kind": "bar",
        "unfinished": True,
        "x": [datetime.fromtimestamp(each.start, UTC).strftime(chosen.label) for each in points],
        "series": [{"name": metric.full_name, "data": [each.value for each in points]}],
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


@require_safe
def sheet(request: HttpRequest, application_id: int) -> StreamingHttpResponse:
    """Send what an application has used of all metrics, over the range that is asked for."""
    application = application_or_404(request, application_id)
    _, chosen = _range(request.GET.get("range", ""))
    since, until = _span(chosen)
    metrics = _metrics(application)
    return usage_sheet(application, metrics, chosen.granularity, since=since, until=until)


def _range(name: str) -> tuple[str, Range]:
    known = name if name in RANGES else "month"
    return known, RANGES[known]


def _span(chosen: Range) -> tuple[int, int]:
    """Return [since, until): the quarter of an hour that has begun is in it."""
    until = quarter_of(clock.now()) + QUARTER_S
    return until - chosen.seconds, until


def _metrics(application: Application) -> list[Metric]:
    return list(catalog.usable_metrics_of(application.tenant, application.product)[:METRICS_MAX])
