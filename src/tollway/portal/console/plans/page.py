"""A plan's page: what it limits and costs, its features, its terms, and who is close to a limit."""

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
from tollway.portal.console.plans.forms import PlanForm, values
from tollway.portal.console.plans.listing import LIST, plan_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.saving import save, was
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, Feature
from tollway.portal.plans.services import update_plan
from tollway.portal.standing.selectors import Standing, standing_of
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.templatetags.tollway import Tab
from tollway.portal.web.toasts import tell

LIMITS, FEATURES, DETAILS, APPLICATIONS = "limits", "features", "details", "applications"
LOOKED_AT_MAX = 200  # applications with the latest traffic, of which the fullest are shown
SHOWN_MAX = 5


class Close(Struct, frozen=True):
    """An application that has used much of a limit."""

    application: Application
    standing: Standing


class Included(Struct, frozen=True):
    feature: Feature
    is_in: bool

    @property
    def name(self) -> str:
        """Name the question before it is deleted, on the page."""
        return f"delete-feature-{self.feature.pk}"


def edit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show a tab of the plan; a POST saves its terms."""
    plan = plan_or_404(request, plan_id)
    if request.method == "POST":
        return _save(request, plan)
    tab = request.GET.get("tab", "")
    made = {FEATURES: _features, DETAILS: _details, APPLICATIONS: _applications}.get(tab, _limits)
    return _page(request, plan, tab, made(request, plan))


def _save(request: HttpRequest, plan: ApplicationPlan) -> HttpResponse:
    form = PlanForm(request.POST)
    outcome = save(
        request,
        form,
        plan,
        lambda: update_plan(plan, by=actor_of(request), **form.cleaned_data),
        values=values,
        kind=plan.kind,
    )
    if not outcome.saved:
        plan = plan_or_404(request, plan.pk)
        context = {
            "form": form,
            "clash": outcome.clash,
            "was": was(request, values(plan), outcome.clash),
        }
        return _page(request, plan, DETAILS, context, status=outcome.status)
    tell(request, f"{plan.terms.name} is saved", "New fees hold from now on.")
    return HttpResponseRedirect(f"{reverse('application-plan', args=(plan.pk,))}?tab={DETAILS}")


def _page(
    request: HttpRequest,
    plan: ApplicationPlan,
    tab: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    on_it = Q(plan=plan) | Q(plan__parent=plan)
    count = Application.objects.filter(on_it, tenant=plan.tenant).count()
    features = selectors.plan_features_of(plan.tenant, plan).count()
    tab = tab if tab in {FEATURES, DETAILS, APPLICATIONS} else LIMITS
    more = {
        "plan": plan,
        "terms": plan.terms,
        "tab": tab,
        "tabs": _tabs(plan, tab, features, count),
        "applications": count,
        "audience": sight_of(request).audience,
    }
    section = product_section(request, plan.product, LIST)
    return show(request, "console/plans/plan.html", section, {**more, **context}, status=status)


def _tabs(plan: ApplicationPlan, tab: str, features: int, applications: int) -> list[Tab]:
    url = reverse("application-plan", args=(plan.pk,))
    rows = (
        ("Limits and prices", LIMITS, None),
        ("Features", FEATURES, features),
        ("Details", DETAILS, None),
        ("Applications", APPLICATIONS, applications),
    )
    return [
        Tab(title, url if name == LIMITS else f"{url}?tab={name}", is_current=name == tab, count=n)
        for title, name, n in rows
    ]


def _limits(request: HttpRequest, plan: ApplicationPlan) -> dict[str, Any]:
    return {
        "groups": table.groups_of(plan),
        "columns": [*table.PERIODS.values()],
        "close": close_to_a_limit(plan) if sight_of(request).audience else None,
    }


def close_to_a_limit(plan: ApplicationPlan) -> Sequence[Close] | None:
    """Return who has used most of a limit, the fullest first; None when that is not known now."""
    applications = Application.objects.filter(
        tenant=plan.tenant, plan=plan, first_traffic_at__isnull=False
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


def _features(_: HttpRequest, plan: ApplicationPlan) -> dict[str, Any]:
    included = set(selectors.plan_features_of(plan.tenant, plan).values_list("pk", flat=True))
    features = selectors.features_of(plan.tenant, plan.product).filter(scope=plan.kind)
    return {"features": [Included(each, each.pk in included) for each in features]}


def _details(request: HttpRequest, plan: ApplicationPlan) -> dict[str, Any]:
    return {"form": PlanForm(initial=values(plan)), "was": was(request, values(plan))}


def _applications(request: HttpRequest, plan: ApplicationPlan) -> dict[str, Any]:
    if not sight_of(request).audience:
        return {"listing": None}
    applications = Application.objects.filter(
        Q(plan=plan) | Q(plan__parent=plan), tenant=plan.tenant
    ).select_related("account", "plan__parent")
    sorts = {"name": "name", "created": "created_at"}
    listing = listed(
        request,
        applications,
        sorts=sorts,
        default="-created",
        search=lambda rows, text: rows.filter(
            Q(name__icontains=text) | Q(account__org_name__icontains=text)
        ),
    )
    return {"listing": listing}


@once
def new_metric(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Make a method or a metric without leaving the plan (checklist S71, S73)."""
    plan = plan_or_404(request, plan_id)
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
    section = product_section(request, plan.product, LIST)
    return show(request, "console/plans/new_metric.html", section, context, status=status)
