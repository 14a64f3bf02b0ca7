"""Shapes of the three kinds of plans, of what application plans set, and of features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from tollway.portal.api.resource import TIMES, Resource
from tollway.portal.plans.models import (
    TERMS,
    AccountPlan,
    ApplicationPlan,
    Feature,
    PricingRule,
    ServicePlan,
    UsageLimit,
)


def _account_plan_path(plan: AccountPlan) -> str:
    return f"/admin/api/account_plans/{plan.pk}"


def _plan_path(plan: ServicePlan | ApplicationPlan) -> str:
    return f"{_product_path(plan)}/{plan.kind}s/{plan.pk}"


def _product_path(row: Any) -> str:  # noqa: ANN401  (whatever is of a product)
    return f"/admin/api/services/{row.product_id}"


_PRICES = ("setup_fee", "cost_per_month", "trial_period_days", "cancellation_period")
_JSON = ("id", "name", "state", *_PRICES, "approval_required", "default", *TIMES)
_XML = ("id", "name", "type", "state", "approval_required", *_PRICES)
_VALUES: Mapping[str, Callable[[Any], Any]] = {
    # A custom plan's columns say less than its terms.
    **{term: attrgetter(f"terms.{term}") for term in TERMS},
    "default": attrgetter("is_default"),
    "type": lambda plan: plan.kind,
    "service_id": lambda plan: plan.product_id,
}


def _default_only(plan: Any) -> bool | None:  # noqa: ANN401
    """Mark the default; 3scale says nothing of the others, but for application plans."""
    return True if plan.is_default else None


ACCOUNT_PLAN = Resource(
    AccountPlan.kind,
    "plans",
    json=_JSON,
    xml=_XML,
    xml_entity="plan",
    xml_attributes={"default": _default_only},
    values=_VALUES,
    links={"self": _account_plan_path, "features": lambda p: f"{_account_plan_path(p)}/features"},
)

SERVICE_PLAN = Resource(
    ServicePlan.kind,
    "plans",
    json=_JSON,
    xml=(*_XML, "service_id"),
    xml_entity="plan",
    xml_attributes={"default": _default_only},
    values=_VALUES,
    links={
        "service": _product_path,
        "self": _plan_path,
        "features": lambda plan: f"/admin/api/service_plans/{plan.pk}/features",
    },
)

APPLICATION_PLAN = Resource(
    ApplicationPlan.kind,
    "plans",
    json=(*_JSON, "custom", "system_name"),
    xml=(*_XML, "service_id"),
    xml_entity="plan",
    xml_attributes={"custom": attrgetter("is_custom"), "default": attrgetter("is_default")},
    values={**_VALUES, "custom": attrgetter("is_custom")},
    links={
        "service": _product_path,
        "self": _plan_path,
        "limits": lambda plan: f"/admin/api/application_plans/{plan.pk}/limits",
        "pricing_rules": lambda plan: f"/admin/api/application_plans/{plan.pk}/pricing_rules",
        "features": lambda plan: f"/admin/api/application_plans/{plan.pk}/features",
    },
    load=lambda query: query.select_related("parent"),
)


def _plan_id(row: UsageLimit | PricingRule) -> int:
    """Name the plan that was asked about: of a custom plan, some rows are its parent's."""
    plan_id: int = getattr(row, "of_plan", row.plan_id)
    return plan_id


def _of_metric_path(row: UsageLimit | PricingRule) -> str:
    return f"/admin/api/application_plans/{_plan_id(row)}/metrics/{row.metric_id}"


def _plan_of(row: UsageLimit | PricingRule) -> str:
    """Name a plan by its product, which is that of a custom plan's parent too."""
    return f"{_product_path(row.plan)}/application_plans/{_plan_id(row)}"


LIMIT = Resource(
    "limit",
    "limits",
    json=("id", "period", "value", "metric_id", "plan_id", *TIMES),
    xml=("id", "metric_id", "plan_id", "period", "value"),
    values={"plan_id": _plan_id},
    links={
        "self": lambda limit: f"{_of_metric_path(limit)}/limits/{limit.pk}",
        "plan": _plan_of,
    },
    load=lambda query: query.select_related("plan"),
    types={"value": "integer"},
)


def _cost(rule: PricingRule) -> str:
    """Write what a unit costs as 3scale does, in JSON too: a text, "20.0"."""
    cost = f"{rule.cost_per_unit.normalize():f}"
    return cost if "." in cost else f"{cost}.0"


PRICING_RULE = Resource(
    "pricing_rule",
    "pricing_rules",
    json=("id", "metric_id", "cost_per_unit", "min", "max", *TIMES),
    xml=("id", "metric_id", "plan_id", "cost_per_unit", "min", "max"),
    values={"plan_id": _plan_id, "cost_per_unit": _cost},
    links={
        "self": lambda rule: f"{_of_metric_path(rule)}/pricing_rules/{rule.pk}",
        "plan": _plan_of,
    },
    load=lambda query: query.select_related("plan"),
)


def _feature_path(feature: Feature) -> str:
    owner = "/admin/api" if feature.product_id is None else _product_path(feature)
    return f"{owner}/features/{feature.pk}"


FEATURE = Resource(
    "feature",
    "features",
    json=("id", "name", "system_name", "scope", "visible", "description", *TIMES),
    xml=(
        "id", "name", "system_name", "service_id", "account_id", "scope", "visible", "description",
    ),
    values={
        "service_id": lambda feature: feature.product_id,
        "account_id": lambda feature: feature.tenant_id,
    },
    when={
        "service_id": lambda feature: feature.product_id is not None,
        "account_id": lambda feature: feature.product_id is None,
    },
    links={"self": _feature_path},
)  # fmt: skip
