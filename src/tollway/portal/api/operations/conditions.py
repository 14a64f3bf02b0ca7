"""What application plans set for a metric: usage limits and prices."""

from __future__ import annotations

from collections.abc import Callable
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
from tollway.portal.tenants.models import Tenant

Row = UsageLimit | PricingRule

_PLAN = "/admin/api/application_plans/{application_plan_id}"
_METRIC = f"{_PLAN}/metrics/{{metric_id}}"
_LIMITS, _LIMIT = f"{_METRIC}/limits", f"{_METRIC}/limits/{{id}}"
_PRICES, _PRICE = f"{_METRIC}/pricing_rules", f"{_METRIC}/pricing_rules/{{id}}"


class _Of:
    """Finds and changes what a plan sets for a metric: its limits, or its prices."""

    def __init__(
        self,
        listed: Callable[..., QuerySet[Any]],
        by_id: Callable[[Tenant, ApplicationPlan, int], Row | None],
        create: Callable[..., Row],
        update: Callable[..., Row],
        delete: Callable[..., None],
    ) -> None:
        self._listed = listed
        self._by_id = by_id
        self._create = create
        self._update = update
        self._delete = delete

    def of_plan(self, call: Call) -> QuerySet[Any]:
        return self._listed(call.tenant, application_plan_of(call))

    def rows(self, call: Call) -> QuerySet[Any]:
        return self._listed(call.tenant, *_place(call))

    def row(self, call: Call) -> Row:
        return self._find(call)[1]

    def create(self, call: Call) -> Row:
        plan, metric = _place(call)
        return self._create(plan, metric, by=call.by, **_given(call))

    def update(self, call: Call) -> Row:
        return self._update(*self._find(call), by=call.by, **_given(call))

    def delete(self, call: Call) -> None:
        self._delete(*self._find(call), by=call.by)

    def _find(self, call: Call) -> tuple[ApplicationPlan, Row]:
        plan, metric = _place(call)
        row = self._by_id(call.tenant, plan, call.id())
        if row is None or row.metric_id != metric.pk:
            raise Http404
        return plan, row


def _place(call: Call) -> tuple[ApplicationPlan, Metric]:
    plan = application_plan_of(call)
    metrics = catalog.usable_metrics_of(call.tenant, plan.product)
    return plan, find(metrics, pk=call.id("metric_id"))


def _given(call: Call) -> dict[str, Any]:
    """Leave a blank `min` out: it begins at 1 then. A blank `max` is infinity."""
    return {name: v for name, v in call.given.items() if name != "min" or v is not None}


_OF_LIMITS = _Of(
    selectors.limits_of,
    selectors.limit_by_id,
    services.create_limit,
    services.update_limit,
    services.delete_limit,
)
_OF_PRICES = _Of(
    selectors.pricing_rules_of,
    selectors.pricing_rule_by_id,
    services.create_pricing_rule,
    services.update_pricing_rule,
    services.delete_pricing_rule,
)
_RANGE = (integer("min", nullable=True), integer("max", nullable=True))

OPERATIONS: tuple[Operation, ...] = in_section(
    "plans",
    (
        listing(
            f"{_PLAN}/limits",
            "All limits of a plan",
            LIMIT,
            _OF_LIMITS.of_plan,
            paginated=True,
        ),
        listing(_LIMITS, "Limits of a metric in a plan", LIMIT, _OF_LIMITS.rows),
        creating(
            _LIMITS,
            "Limit a metric of the product, or of a backend that it uses",
            LIMIT,
            _OF_LIMITS.create,
            params=(text("period", required=True), integer("value", required=True)),
            wrapper="usage_limit",
        ),
        showing(_LIMIT, "One limit", LIMIT, _OF_LIMITS.row),
        updating(
            _LIMIT,
            "Change a limit; it is in force within a second, counting what was used before",
            LIMIT,
            _OF_LIMITS.update,
            params=(text("period"), integer("value")),
            wrapper="usage_limit",
        ),
        deleting(_LIMIT, "Remove a limit", _OF_LIMITS.delete),
        listing(
            f"{_PLAN}/pricing_rules",
            "All prices of a plan",
            PRICING_RULE,
            _OF_PRICES.of_plan,
        ),
        listing(_PRICES, "Prices of a metric in a plan", PRICING_RULE, _OF_PRICES.rows),
        creating(
            _PRICES,
            "Price a range of units of a metric; without max there is no end",
            PRICING_RULE,
            _OF_PRICES.create,
            params=(*_RANGE, number("cost_per_unit")),
            wrapper="pricing_rule",
        ),
        showing(_PRICE, "One price", PRICING_RULE, _OF_PRICES.row),
        updating(
            _PRICE,
            "Change a price",
            PRICING_RULE,
            _OF_PRICES.update,
            params=(*_RANGE, number("cost_per_unit")),
            wrapper="pricing_rule",
        ),
        deleting(_PRICE, "Remove a price", _OF_PRICES.delete),
    ),
)
