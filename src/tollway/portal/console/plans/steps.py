"""What else a plan says of one metric: prices that depend on how many, and how limits are shown."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollway.portal.catalog.models import Metric
from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans import table
from tollway.portal.console.plans.cells import metric_or_404
from tollway.portal.console.plans.forms import StepForm
from tollway.portal.console.plans.listing import LIST, plan_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, PricingRule
from tollway.portal.plans.services import (
    create_pricing_rule,
    delete_pricing_rule,
    update_plan_metric,
    update_pricing_rule,
)
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

_FIELDS = ("min", "max", "cost_per_unit")


@once
def index(request: HttpRequest, plan_id: int, metric_id: int) -> HttpResponse:
    """Show the steps; a POST adds one."""
    plan = plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    if request.method != "POST":
        return _page(request, plan, metric, StepForm(initial=suggested(plan, metric)))
    form = StepForm(request.POST)
    made = None
    if form.is_valid():
        made = form.attempt(
            lambda: create_pricing_rule(plan, metric, by=actor_of(request), **form.cleaned_data)
        )
    if made is None:
        return _page(request, plan, metric, form, status=422)
    tell(request, f"{metric.friendly_name} has a price from {made.min:,} on")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


def suggested(plan: ApplicationPlan, metric: Metric) -> dict[str, Any]:
    """Suggest a step that begins where the last one ends."""
    rules = selectors.pricing_rules_of(plan.tenant, plan, metric).order_by("min")
    last = rules.last()
    return {"min": 1 if last is None else (last.max or 0) + 1 or 1}


def edit(request: HttpRequest, plan_id: int, metric_id: int, rule_id: int) -> HttpResponse:
    plan = plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    rule = _rule_or_404(plan, metric, rule_id)
    if request.method != "POST":
        form = StepForm(initial={name: getattr(rule, name) for name in _FIELDS})
        return _page(request, plan, metric, form, rule)
    form = StepForm(request.POST)
    changed = None
    if form.is_valid():
        changed = form.attempt(
            lambda: update_pricing_rule(plan, rule, by=actor_of(request), **form.cleaned_data)
        )
    if changed is None:
        rule = _rule_or_404(plan, metric, rule_id)
        return _page(request, plan, metric, form, rule, status=422)
    tell(request, "The step is saved")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


@require_POST
def delete(request: HttpRequest, plan_id: int, metric_id: int, rule_id: int) -> HttpResponse:
    plan = plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    rule = selectors.pricing_rule_by_id(plan.tenant, plan, rule_id)
    if rule is not None and rule.metric_id == metric.pk:  # else gone already, as was wanted
        delete_pricing_rule(plan, rule, by=actor_of(request))
        tell(request, "The step is deleted", "Units in its range cost nothing now.")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


@require_POST
def as_text(request: HttpRequest, plan_id: int, metric_id: int) -> HttpResponse:
    """Show limits to developers as text, or as icons: ``on`` is "1" or ""."""
    plan = plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    on = bool(request.POST.get("on"))
    try:
        update_plan_metric(plan, metric, by=actor_of(request), limits_only_text=on)
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
    else:
        text = f"Limits of {metric.friendly_name} are shown as {'text' if on else 'icons'}"
        tell(request, text, undo=request.path, on="" if on else "1")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


def _rule_or_404(plan: ApplicationPlan, metric: Metric, rule_id: int) -> PricingRule:
    rule = selectors.pricing_rule_by_id(plan.tenant, plan, rule_id)
    if rule is None or rule.metric_id != metric.pk:
        raise Http404
    return rule


def _page(
    request: HttpRequest,
    plan: ApplicationPlan,
    metric: Metric,
    form: StepForm,
    rule: PricingRule | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    said = table.said_of(plan, metric)
    _, only_text = said.shown.get(metric.pk, (True, True))
    context = {
        "plan": plan,
        "metric": metric,
        "rules": said.prices.get(metric.pk, ()),
        "rule": rule,
        "form": form,
        "only_text": only_text,
    }
    section = product_section(request, plan.product, LIST)
    return show(request, "console/plans/metric.html", section, context, status=status)
