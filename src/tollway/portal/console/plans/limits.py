"""What an application plan limits, on its page: the table, and who is close to a limit now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from msgspec import Struct

from tollway.portal.applications.models import Application
from tollway.portal.catalog import services as catalog
from tollway.portal.console.counting.metric_forms import NewMetricForm, new_form
from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans import table
from tollway.portal.console.plans.kinds import APPLICATION, application_plan_or_404, show_of
from tollway.portal.console.sight import sight_of
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.standing.selectors import Standing, standing_of
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

LOOKED_AT_MAX = 200  # applications with the latest traffic, of which the fullest are shown
SHOWN_MAX = 5


class Close(Struct, frozen=True):
    """An application that has used much of a limit."""

    application: Application
    standing: Standing


def limits(request: HttpRequest, plan: ApplicationPlan) -> dict[str, Any]:
    return {
        "groups": table.groups_of(plan),
        "columns": [*table.PERIODS.values()],
        "close": close_to_a_limit(plan) if sight_of(request).audience else None,
    }


def close_to_a_limit(plan: ApplicationPlan) -> Sequence[Close] | None:
    """Return who has used most of a limit, the fullest first; None when that is not known now."""
    applications = Application.objects.filter(
        Q(plan=plan) | Q(plan__parent=plan), tenant=plan.tenant, first_traffic_at__isnull=False
    ).order_by("-first_daily_traffic_at", "-id")[:LOOKED_AT_MAX]
    rows = {row.pk: row for row in applications}
    standing = standing_of(rows.values())
    if rows and not standing:
        return None
    found = [
        Close(rows[pk], each)
        for pk, ones in standing.items()
        for each in ones
        if each.value and each.used
    ]
    return sorted(found, key=lambda each: -each.standing.share)[:SHOWN_MAX]


@once
def new_metric(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Make a method or a metric without leaving the plan (checklist S71, S73)."""
    plan = application_plan_or_404(request, plan_id)
    is_method = request.GET.get("kind") != "metric"
    url = reverse("product-metric-suggest", args=(plan.product_id,))
    form = new_form(is_method, url, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _metric_form(request, plan, form, is_method=is_method)
    create = catalog.create_method if is_method else catalog.create_metric
    metric = None
    if form.is_valid():
        with transaction.atomic():
            metric = form.attempt(
                lambda: create(plan.product, by=actor_of(request), **form.cleaned_data)
            )
    if metric is None:
        return _metric_form(request, plan, form, is_method=is_method, status=422)
    detail = "Limit it below. No mapping rule counts it yet."
    tell(request, f"{metric.friendly_name} is a {'method' if is_method else 'metric'}", detail)
    return HttpResponseRedirect(f"{reverse('application-plan', args=(plan.pk,))}#row-{metric.pk}")


def _metric_form(
    request: HttpRequest,
    plan: ApplicationPlan,
    form: NewMetricForm,
    *,
    is_method: bool,
    status: int = 200,
) -> HttpResponse:
    context = {"plan": plan, "form": form, "is_method": is_method}
    template = "console/plans/new_metric.html"
    return show_of(request, APPLICATION, plan.product, template, context, status=status)
