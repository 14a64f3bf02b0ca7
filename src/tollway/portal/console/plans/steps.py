"""What else a plan says of one metric: prices that depend on how many, and how limits are shown."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.catalog.models import Metric
from tollway.portal.console.pages import actor_of
from tollway.portal.console.plans import table
from tollway.portal.console.plans.cells import metric_or_404
from tollway.portal.console.plans.forms import StepForm
from tollway.portal.console.plans.kinds import APPLICATION, application_plan_or_404, show_of
from tollway.portal.console.saving import Outcome, save
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
    plan = application_plan_or_404(request, plan_id)
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
        return _page(request, plan, metric, form, outcome=Outcome(saved=False))
    tell(request, f"{metric.full_name} has a price from {made.min:,} on")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


def suggested(plan: ApplicationPlan, metric: Metric) -> dict[str, Any]:
    """Suggest a step that begins where the last one ends."""
    rules = selectors.pricing_rules_of(plan.tenant, plan, metric).order_by("min")
    last = rules.last()
    return {"min": 1 if last is None else (last.max or 0) + 1 or 1}


def edit(request: HttpRequest, plan_id: int, metric_id: int, rule_id: int) -> HttpResponse:
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    rule = _rule_or_404(plan, metric, rule_id)
    if request.method != "POST":
        return _page(request, plan, metric, StepForm(initial=step_values(rule)), rule)
    form = StepForm(request.POST)
    outcome = save(
        request,
        form,
        rule,
        lambda: update_pricing_rule(plan, rule, by=actor_of(request), **form.cleaned_data),
        values=step_values,
        kind="pricing_rule",
    )
    if not outcome.saved:
        rule = _rule_or_404(plan, metric, rule_id)
        return _page(request, plan, metric, form, rule, outcome)
    tell(request, "The step is saved")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


@require_POST
def delete(request: HttpRequest, plan_id: int, metric_id: int, rule_id: int) -> HttpResponse:
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    rule = selectors.pricing_rule_by_id(plan.tenant, plan, rule_id)
    if rule is not None and rule.metric_id == metric.pk:  # else gone already, as was wanted
        step = step_values(rule)
        delete_pricing_rule(plan, rule, by=actor_of(request))
        back = {name: "" if value is None else str(value) for name, value in step.items()}
        back["undo"] = reverse("plan-metric", args=(plan.pk, metric.pk))
        tell(request, "The step is deleted", "Units in its range cost nothing now.", **back)
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


@require_POST
def as_text(request: HttpRequest, plan_id: int, metric_id: int) -> HttpResponse:
    """Show limits to developers as text, or as icons: ``on`` is "1" or ""."""
    plan = application_plan_or_404(request, plan_id)
    metric = metric_or_404(plan, metric_id)
    on = bool(request.POST.get("on"))
    try:
        update_plan_metric(plan, metric, by=actor_of(request), limits_only_text=on)
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
    else:
        text = f"Limits of {metric.full_name} are shown as {'text' if on else 'icons'}"
        tell(request, text, undo=request.path, on="" if on else "1")
    return redirect("plan-metric", plan_id=plan.pk, metric_id=metric.pk)


def step_values(rule: PricingRule) -> dict[str, Any]:
    """Return a step as the form's fields have it."""
    return {name: getattr(rule, name) for name in _FIELDS}


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
    outcome: Outcome | None = None,
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
        "clash": outcome.clash if outcome else None,
    }
    template = "console/plans/metric.html"
    return show_of(
        request,
        APPLICATION,
        plan.product,
        template,
        context,
        status=outcome.status if outcome else 200,
    )
