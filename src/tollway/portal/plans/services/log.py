"""What events say of a plan and of what belongs to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.plans.models import (
    AccountPlan,
    ApplicationPlan,
    PricingRule,
    ServicePlan,
    UsageLimit,
)

AnyPlan = AccountPlan | ServicePlan | ApplicationPlan


def append(plan: AnyPlan, what: str, *, by: Actor, **details: Mapping[str, Any]) -> None:
    """Record "application_plan.{what}", or of another kind, with the product that it is of."""
    details["after"] = {**details.get("after", {}), **placed(plan)}
    events.append(plan.tenant, f"{plan.kind}.{what}", plan.pk, by=by, **details)


def described(plan: AnyPlan) -> dict[str, Any]:
    about = {"name": plan.name, "system_name": plan.system_name, "state": plan.state}
    return {**placed(plan), **about}


def placed(plan: AnyPlan) -> dict[str, Any]:
    return {} if isinstance(plan, AccountPlan) else {"product_id": plan.product_id}


def placed_in(plan: ApplicationPlan, row: UsageLimit | PricingRule) -> dict[str, Any]:
    """Say where a limit or price is: for a custom plan, also if the row is its parent's."""
    return {**placed(plan), "plan_id": plan.pk, "metric_id": row.metric_id}
