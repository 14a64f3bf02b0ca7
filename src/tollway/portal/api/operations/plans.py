"""Application plans and their limits."""

from __future__ import annotations

from typing import Any

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.services import product_of
from tollway.portal.api.params import boolean, integer, number, text
from tollway.portal.api.resources.plans import APPLICATION_PLAN, LIMIT
from tollway.portal.api.runs import change, find, remove
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.fields import refuse
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import ApplicationPlan, UsageLimit

_PLANS = "/admin/api/services/{service_id}/application_plans"
_PLAN = f"{_PLANS}/{{id}}"
_OF_PLAN = "/admin/api/application_plans/{application_plan_id}"
_LIMITS = f"{_OF_PLAN}/metrics/{{metric_id}}/limits"
_LIMIT = f"{_LIMITS}/{{id}}"

_TERMS = (
    boolean("approval_required"),
    number("setup_fee"),
    number("cost_per_month"),
    integer("trial_period_days"),
    integer("cancellation_period"),
    text("state_event"),
)
_STATE_EVENTS = {"publish": True, "hide": False}


def _plan(call: Call) -> ApplicationPlan:
    plans = selectors.application_plans_of(call.tenant, product_of(call))
    return find(plans, pk=call.id())


def _fields(call: Call) -> dict[str, Any]:
    """Exchange the state event for what it asks for."""
    given = {**call.given}
    if event := given.pop("state_event", ""):
        if event not in _STATE_EVENTS:
            raise refuse("state_event", "is not included in the list")
        given["published"] = _STATE_EVENTS[event]
    return given


def _create(call: Call) -> ApplicationPlan:
    return services.create_application_plan(product_of(call), by=call.by, **_fields(call))


def _update(call: Call) -> ApplicationPlan:
    plan = _plan(call)
    services.update_application_plan(plan, by=call.by, **_fields(call))
    return plan


def _make_default(call: Call) -> ApplicationPlan:
    plan = _plan(call)
    services.set_default_plan(plan.product, plan, by=call.by)
    return plan


def _limited_plan(call: Call) -> ApplicationPlan:
    plans = selectors.application_plans_of(call.tenant)
    return find(plans, pk=call.id("application_plan_id"))


def _limited_metric(call: Call, plan: ApplicationPlan) -> Metric:
    return find(catalog.usable_metrics_of(call.tenant, plan.product), pk=call.id("metric_id"))


def _limits(call: Call) -> object:
    plan = _limited_plan(call)
    return selectors.limits_of(call.tenant, plan, _limited_metric(call, plan))


def _limit(call: Call) -> UsageLimit:
    plan = _limited_plan(call)
    limits = selectors.limits_of(call.tenant, plan, _limited_metric(call, plan))
    return find(limits, pk=call.id())


def _create_limit(call: Call) -> UsageLimit:
    plan = _limited_plan(call)
    metric = _limited_metric(call, plan)
    return services.create_limit(plan, metric, by=call.by, **call.given)


OPERATIONS: tuple[Operation, ...] = (
    listing(
        "/admin/api/application_plans",
        "Application plans of all products",
        APPLICATION_PLAN,
        lambda call: selectors.application_plans_of(call.tenant),
    ),
    listing(
        _PLANS,
        "Application plans of a product",
        APPLICATION_PLAN,
        lambda call: selectors.application_plans_of(call.tenant, product_of(call)),
    ),
    creating(
        _PLANS,
        "Create an application plan; it is hidden unless state_event is publish",
        APPLICATION_PLAN,
        _create,
        params=(text("name", required=True), text("system_name"), *_TERMS),
        wrapper="application_plan",
    ),
    showing(_PLAN, "One application plan", APPLICATION_PLAN, _plan),
    updating(
        _PLAN,
        "Change an application plan; state_event publishes or hides it",
        APPLICATION_PLAN,
        _update,
        params=(text("name"), *_TERMS),
        wrapper="application_plan",
    ),
    deleting(
        _PLAN,
        "Remove a plan that no application is on",
        remove(_plan, services.delete_application_plan),
    ),
    updating(
        f"{_PLAN}/default", "Make it the product's default plan", APPLICATION_PLAN, _make_default
    ),
    listing(
        f"{_OF_PLAN}/limits",
        "All limits of a plan",
        LIMIT,
        lambda call: selectors.limits_of(call.tenant, _limited_plan(call)),
        paginated=True,
    ),
    listing(_LIMITS, "Limits of a metric in a plan", LIMIT, _limits),
    creating(
        _LIMITS,
        "Limit a metric of the product, or of a backend that it uses",
        LIMIT,
        _create_limit,
        params=(text("period", required=True), integer("value", required=True)),
        wrapper="usage_limit",
    ),
    showing(_LIMIT, "One limit", LIMIT, _limit),
    updating(
        _LIMIT,
        "Change a limit; it is in force within a second, counting what was used before",
        LIMIT,
        change(_limit, services.update_limit),
        params=(text("period"), integer("value")),
        wrapper="usage_limit",
    ),
    deleting(_LIMIT, "Remove a limit", remove(_limit, services.delete_limit)),
)
