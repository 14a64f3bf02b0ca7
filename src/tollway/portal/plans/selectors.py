"""Reading plans and limits. The tenant comes first in every function."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.catalog.models import Metric, Product
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.tenants.models import Tenant


def application_plans_of(
    tenant: Tenant, product: Product | None = None
) -> QuerySet[ApplicationPlan]:
    """Return the plans of all products, or of one."""
    plans = ApplicationPlan.objects.filter(tenant=tenant)
    if product is not None:
        plans = plans.filter(product=product)
    return plans.select_related("product").order_by("id")


def published_plans_of(tenant: Tenant, product: Product) -> QuerySet[ApplicationPlan]:
    """Return what developers may choose from, in the order of the portal."""
    plans = application_plans_of(tenant, product)
    return plans.filter(state=ApplicationPlan.State.PUBLISHED).order_by("position", "id")


def default_plan_of(tenant: Tenant, product: Product) -> ApplicationPlan | None:
    return application_plans_of(tenant, product).filter(is_default=True).first()


def default_plans_of(tenant: Tenant) -> QuerySet[ApplicationPlan]:
    """Return the default plan of each product that has one: what a sign-up subscribes to."""
    return application_plans_of(tenant).filter(is_default=True)


def limits_of(
    tenant: Tenant, plan: ApplicationPlan, metric: Metric | None = None
) -> QuerySet[UsageLimit]:
    """Return all limits of a plan, or those of one metric."""
    limits = UsageLimit.objects.filter(tenant=tenant, plan=plan)
    if metric is not None:
        limits = limits.filter(metric=metric)
    return limits.select_related("metric").order_by("id")
