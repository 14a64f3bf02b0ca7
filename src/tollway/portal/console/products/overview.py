"""A product at a glance: what runs, who calls it, what its plans allow, and a call to paste."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway import clock
from tollway.core.series import QUARTER_S, quarter_of
from tollway.portal.analytics import selectors as analytics
from tollway.portal.applications import selectors as applications
from tollway.portal.catalog import endpoints, selectors
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig
from tollway.portal.console.pages import product_or_404
from tollway.portal.console.products.index import DAY_S
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.console.sight import sight_of
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import calls
from tollway.portal.web.calls import first_application, placeholders

LATEST_APPLICATIONS = 5
PLANS_SHOWN = 5
LIMITS_SHOWN = 200


class Environment(Struct, frozen=True):
    """Where a product is served, and which version; None: nothing is served there yet."""

    title: str
    url: str
    config: ProxyConfig | None


class PlanLimits(Struct, frozen=True):
    plan: ApplicationPlan
    limits: Sequence[UsageLimit]


@require_safe
def overview(request: HttpRequest, product_id: int) -> HttpResponse:
    product = product_or_404(request, product_id)
    tenant = product.tenant
    proxy = selectors.proxy_of(tenant, product)
    environments = list(_environments(tenant, product, proxy))
    of_product = applications.applications_of(tenant).filter(product=product)
    until = quarter_of(clock.now()) + QUARTER_S
    usage = analytics.usage_of(tenant, product=product, metric=selectors.hits_of(tenant, product))
    sight = sight_of(request)
    context = {
        "sight": sight,
        "product": product,
        "proxy": proxy,
        "environments": environments,
        "usages": list(selectors.backend_usages_of(tenant, product)),
        "applications": of_product.order_by("-id")[:LATEST_APPLICATIONS],
        "application_count": of_product.count(),
        "calls": analytics.total(usage, since=until - DAY_S, until=until),
        "plans": _limits(tenant, product),
        "plan_count": plans.application_plans_of(tenant, product).count(),
        "curl": _curl(product, proxy, environments, with_keys=sight.audience),
    }
    section = product_section(request, product, "product")
    return show(request, "console/products/overview.html", section, context)


def _environments(tenant: Tenant, product: Product, proxy: Proxy) -> list[Environment]:
    if not (product.has_gateway or product.in_service_mesh):
        return []
    sandbox, production = (
        selectors.config_in_force(tenant, product, environment)
        for environment in (ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION)
    )
    served = Environment("Production", endpoints.production_endpoint(proxy), production)
    if product.in_service_mesh:
        return [served]
    return [Environment("Staging", endpoints.staging_endpoint(proxy), sandbox), served]


def _limits(tenant: Tenant, product: Product) -> list[PlanLimits]:
    """Return the first plans with their limits, in two queries."""
    shown = list(plans.application_plans_of(tenant, product)[:PLANS_SHOWN])
    limits = UsageLimit.objects.filter(tenant=tenant, plan__in=shown).select_related("metric")
    of_plan: dict[int, list[UsageLimit]] = {plan.pk: [] for plan in shown}
    for limit in limits.order_by("id")[:LIMITS_SHOWN]:
        of_plan[limit.plan_id].append(limit)
    return [PlanLimits(plan, of_plan[plan.pk]) for plan in shown]


def _curl(
    product: Product, proxy: Proxy, environments: Sequence[Environment], *, with_keys: bool
) -> str:
    """Return a line for where something is served, staging first; "" without that.

    Who may not see keys has placeholders to fill in.
    """
    served = next((each for each in environments if each.config and each.url), None)
    application = first_application(product)
    if served is None or application is None:
        return ""
    shown = (
        calls.credentials_for(product.tenant, product, proxy, application)
        if with_keys
        else placeholders(product, proxy)
    )
    return calls.curl(served.url, proxy.api_test_path, proxy, shown)
