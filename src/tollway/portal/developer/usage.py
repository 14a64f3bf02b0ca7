"""What a developer's applications have used: one metric of one application, over a while.

The same, of all its metrics, is a CSV file; and the dashboard shows it of one application.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import clock
from tollway.core.series import QUARTER_S, Granularity, quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.catalog.models import Metric
from tollway.portal.catalog.selectors import usable_metrics_of
from tollway.portal.developer.finding import application_or_404
from tollway.portal.developer.frame import show
from tollway.portal.developer.pages import developer_of
from tollway.portal.plans.selectors import shown_metrics_of
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.sheets import usage_sheet
from tollway.portal.web.site import site_of
from tollway.portal.web.templatetags.tollway import Tab

_DAY_S = 86_400
_METRICS_MAX, _APPLICATIONS_MAX = 200, 100


class Range(Struct, frozen=True):
    title: str
    seconds: int
    granularity: Granularity
    label: str
    unit: str


RANGES: Mapping[str, Range] = {
    "day": Range("24 h", _DAY_S, Granularity.HOUR, "%-d %b, %H:%M", "Hour"),
    "week": Range("7 days", 7 * _DAY_S, Granularity.DAY, "%-d %b", "Day"),
    "month": Range("30 days", 30 * _DAY_S, Granularity.DAY, "%-d %b", "Day"),
    "year": Range("12 months", 365 * _DAY_S, Granularity.MONTH, "%b %Y", "Month"),
}


class Option(Struct, frozen=True):
    id: int
    name: str
    chosen: bool


class Slot(Struct, frozen=True):
    label: str
    value: int


class Usage(Struct, frozen=True):
    """``change``: in percent against the time before, None where nothing was used then."""

    application: str
    metric: str
    total: int
    change: int | None
    words: str
    chart: Mapping[str, Any]
    slots: tuple[Slot, ...]
    unit: str
    applications: tuple[Option, ...]
    metrics: tuple[Option, ...]
    ranges: tuple[Tab, ...]
    range: str
    sheet: str  # the address of all its metrics as CSV


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant, account = site_of(request).tenant, developer_of(request).account
    mine = list(applications_of(tenant, account)[:_APPLICATIONS_MAX])
    application = _asked_for(request) or (mine[0] if mine else None)
    usage = usage_asked_for(request, application, mine) if application else None
    return show(request, "usage", {"usage": usage}, item="developer-usage")


@require_safe
def sheet(request: HttpRequest, application_id: int) -> HttpResponseBase:
    """Send what one application has used of all that its plan shows, as CSV."""
    application = application_or_404(request, application_id)
    _, chosen = _range(request.GET.get("range", ""))
    since, until = _span(chosen)
    metrics = _metrics(application)
    return usage_sheet(application, metrics, chosen.granularity, since=since, until=until)


def _asked_for(request: HttpRequest) -> Application | None:
    """Return the application that the address names, if it is one of the account's."""
    tenant, account = site_of(request).tenant, developer_of(request).account
    asked = chosen_id(request.GET.get("application", ""))
    return applications_of(tenant, account).filter(pk=asked).first() if asked else None


def _range(name: str) -> tuple[str, Range]:
    known = name if name in RANGES else "month"
    return known, RANGES[known]


def _span(chosen: Range) -> tuple[int, int]:
    """Return [since, until): the quarter of an hour that has begun is in it."""
    until = quarter_of(clock.now()) + QUARTER_S
    return until - chosen.seconds, until


def usage_asked_for(
    request: HttpRequest, application: Application, mine: Sequence[Application] = ()
) -> Usage | None:
    """Return the usage of an application, of the metric and over the time that are asked for."""
    chosen = chosen_id(request.GET.get("metric", ""))
    return usage_of(application, request.GET.get("range", ""), chosen, mine)


def usage_of(
    application: Application, range_name: str, metric_id: int, mine: Sequence[Application]
) -> Usage | None:
    """Return the usage of a metric; what is not known falls back to hits, and to 30 days.

    None where the plan shows no metric at all.
    """
    name, chosen = _range(range_name)
    metrics = _metrics(application)
    if not metrics:
        return None
    metric = next((each for each in metrics if each.pk == metric_id), metrics[0])
    since, until = _span(chosen)
    rows = analytics.usage_of(application.tenant, application=application, metric=metric)
    points = analytics.series(rows, chosen.granularity, since=since, until=until, zone=UTC)
    labels = [datetime.fromtimestamp(each.start, UTC).strftime(chosen.label) for each in points]
    total = sum(point.value for point in points)
    before = analytics.total(rows, since=since - chosen.seconds, until=since)
    change = round((total - before) * 100 / before) if before else None
    address = f"?application={application.pk}&metric={metric.pk}"
    return Usage(
        application=application.name,
        metric=metric.friendly_name,
        total=total,
        change=change,
        words=f"{abs(change or 0):,} % {'less' if (change or 0) < 0 else 'more'}",
        chart={
            "kind": "bar",
            "unfinished": True,
            "x": labels,
            "series": [{"name": metric.friendly_name, "data": [each.value for each in points]}],
        },
        slots=tuple(Slot(label, point.value) for label, point in zip(labels, points, strict=True))[
            ::-1
        ],
        unit=chosen.unit,
        applications=tuple(
            Option(row.pk, f"{row.name} ({row.product.name})", row.pk == application.pk)
            for row in mine
        ),
        metrics=tuple(Option(row.pk, _title(row), row.pk == metric.pk) for row in metrics),
        ranges=tuple(
            Tab(each.title, f"{address}&range={key}#usage", is_current=key == name)
            for key, each in RANGES.items()
        ),
        range=name,
        sheet=f"{reverse('developer-usage-sheet', args=[application.pk])}?range={name}",
    )


def _metrics(application: Application) -> list[Metric]:
    """Return what the application's plan shows of its product's metrics, hits first."""
    shown = shown_metrics_of(application.tenant, application.plan)
    found = usable_metrics_of(application.tenant, application.product)[:_METRICS_MAX]
    visible = [each for each in found if shown.get(each.pk, (True, True))[0]]
    return sorted(visible, key=lambda each: not (each.is_hits and each.product_id))


def _title(metric: Metric) -> str:
    return f"{metric.friendly_name} (backend)" if metric.backend_id else metric.friendly_name
