"""Parts of customising an application's plan. The application says it, so the services are its."""

from __future__ import annotations

from collections.abc import Iterable

from tollway.portal.fields import check, lock, system_name
from tollway.portal.plans.models import TERMS, ApplicationPlan


def make_custom_plan(parent: ApplicationPlan) -> ApplicationPlan:
    """Save a plan that sets what ``parent`` sets, as long as nothing of it is changed."""
    lock(parent)
    plan = ApplicationPlan(
        tenant=parent.tenant, product=parent.product, parent=parent, **dict.fromkeys(TERMS)
    )
    plan.name = ""
    others = ApplicationPlan.objects.filter(product=parent.product_id)
    plan.system_name = system_name(f"{parent.system_name[:200]}_custom", others, "plan")
    check(plan)
    plan.save()
    return plan


def drop_custom_plans(plan_ids: Iterable[int]) -> None:
    """Remove those of these plans that are custom ones: nobody is on them any more."""
    ApplicationPlan.objects.filter(pk__in=list(plan_ids), parent__isnull=False).delete()
