"""What application plans set for a metric: usage limits and prices."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.plans import application_plan_of
from tollway.portal.api.params import integer, number, text
from tollway.portal.api.resources.plans import LIMIT, PRICING_RULE
from tollway.portal.api.runs import find
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import ApplicationPlan, PricingRule, UsageLimit

_PLAN = "/admin/api/application_plans/{application_plan_id}"
_METRIC = f"{_PLAN}/metrics/{{metric_id}}"
_LIMITS, _LIMIT = f"{_METRIC}/limits", f"{_METRIC}/limits/{{id}}"
_PRICES, _PRICE = f"{_METRIC}/pricing_rules", f"{_METRIC}/pricing_rules/{{id}}"


def _metric(call: Call, plan: ApplicationPlan) -> Metric:
    return find(catalog.usable_metrics_of(call.tenant, plan.product), pk=call.id("metric_id"))


def _limits(call: Call) -> QuerySet[UsageLimit]:
    plan = application_plan_of(call)
    return selectors.limits_of(call.tenant, plan, _metric(call, plan))


def _limit_in(call: Call, plan: ApplicationPlan) -> UsageLimit:
    metric = _metric(call, plan)
    limit = selectors.limit_by_id(call.tenant, plan, call.id())
    if limit is None or limit.metric_id != metric.pk:
        raise Http404
    return limit


def _limit(call: Call) -> UsageLimit:
    return _limit_in(call, application_plan_of(call))


def _create_limit(call: Call) -> UsageLimit:
    plan = application_plan_of(call)
    return services.create_limit(plan, _metric(call, plan), by=call.by, **call.given)


def _update_limit(call: Call) -> UsageLimit:
    plan = application_plan_of(call)
    limit = _limit_in(call, plan)
    return services.update_limit(plan, limit, by=call.by, **call.given)


def _delete_limit(call: Call) -> None:
    plan = application_plan_of(call)
    services.delete_limit(plan, _limit_in(call, plan), by=call.by)


def _prices(call: Call) -> QuerySet[PricingRule]:
    plan = application_plan_of(call)
    return selectors.pricing_rules_of(call.tenant, plan, _metric(call, plan))


def _price_in(call: Call, plan: ApplicationPlan) -> PricingRule:
    metric = _metric(call, plan)
    rule = selectors.pricing_rule_by_id(call.tenant, plan, call.id())
    if rule is None or rule.metric_id != metric.pk:
        raise Http404
    return rule


def _price(call: Call) -> PricingRule:
    return _price_in(call, application_plan_of(call))


def _create_price(call: Call) -> PricingRule:
    plan = application_plan_of(call)
    return services.create_pricing_rule(plan, _metric(call, plan), by=call.by, **_range(call))


def _update_price(call: Call) -> PricingRule:
    plan = application_plan_of(call)
    return services.update_pricing_rule(plan, _price_in(call, plan), by=call.by, **_range(call))


def _range(call: Call) -> dict[str, Any]:
    """Leave a blank `min` out: it begins at 1 then. A blank `max` is infinity."""
    return {name: v for name, v in call.given.items() if name != "min" or v is not None}


def _delete_price(call: Call) -> None:
    plan = application_plan_of(call)
    services.delete_pricing_rule(plan, _price_in(call, plan), by=call.by)


_RANGE = (integer("min", nullable=True), integer("max", nullable=True))

OPERATIONS: tuple[Operation, ...] = in_section(
    "plans",
    (
        listing(
            f"{_PLAN}/limits",
            "All limits of a plan",
            LIMIT,
            lambda call: selectors.limits_of(call.tenant, application_plan_of(call)),
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
            _update_limit,
            params=(text("period"), integer("value")),
            wrapper="usage_limit",
        ),
        deleting(_LIMIT, "Remove a limit", _delete_limit),
        listing(
            f"{_PLAN}/pricing_rules",
            "All prices of a plan",
            PRICING_RULE,
            lambda call: selectors.pricing_rules_of(call.tenant, application_plan_of(call)),
        ),
        listing(_PRICES, "Prices of a metric in a plan", PRICING_RULE, _prices),
        creating(
            _PRICES,
            "Price a range of units of a metric; without max there is no end",
            PRICING_RULE,
            _create_price,
            params=(*_RANGE, number("cost_per_unit")),
            wrapper="pricing_rule",
        ),
        showing(_PRICE, "One price", PRICING_RULE, _price),
        updating(
            _PRICE,
            "Change a price",
            PRICING_RULE,
            _update_price,
            params=(*_RANGE, number("cost_per_unit")),
            wrapper="pricing_rule",
        ),
        deleting(_PRICE, "Remove a price", _delete_price),
    ),
)
