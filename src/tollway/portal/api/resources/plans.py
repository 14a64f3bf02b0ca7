"""Shapes of application plans and their limits."""

from __future__ import annotations

from tollway.portal.api.resource import TIMES, Resource
from tollway.portal.plans.models import ApplicationPlan, UsageLimit


def _plan_path(plan: ApplicationPlan) -> str:
    return f"/admin/api/services/{plan.product_id}/application_plans/{plan.pk}"


def _limit_path(limit: UsageLimit) -> str:
    plan = f"/admin/api/application_plans/{limit.plan_id}"
    return f"{plan}/metrics/{limit.metric_id}/limits/{limit.pk}"


_TERMS = ("setup_fee", "cost_per_month", "trial_period_days", "cancellation_period")

APPLICATION_PLAN = Resource(
    "application_plan",
    "plans",
    json=(
        "id", "name", "state", *_TERMS, "approval_required", "default", *TIMES, "custom",
        "system_name",
    ),
    xml=("id", "name", "type", "state", "approval_required", *_TERMS, "service_id"),
    xml_entity="plan",
    xml_attributes=("custom", "default"),
    values={
        "default": lambda plan: plan.is_default,
        "custom": lambda _plan: False,  # plans for one application only are not there yet
        "type": lambda _plan: "application_plan",
        "service_id": lambda plan: plan.product_id,
    },
    links={
        "service": lambda plan: f"/admin/api/services/{plan.product_id}",
        "self": _plan_path,
        "limits": lambda plan: f"/admin/api/application_plans/{plan.pk}/limits",
    },
)  # fmt: skip

LIMIT = Resource(
    "limit",
    "limits",
    json=("id", "period", "value", "metric_id", "plan_id", *TIMES),
    xml=("id", "metric_id", "plan_id", "period", "value"),
    links={
        "self": _limit_path,
        "plan": lambda limit: _plan_path(limit.plan),
    },
    load=lambda query: query.select_related("plan"),
)
