"""Reading products, backends and what belongs to them. The tenant comes first in every function."""

from __future__ import annotations

from django.db.models import Max, Q, QuerySet

from tollway.portal.catalog.models import (
    HITS,
    Backend,
    BackendUsage,
    MappingRule,
    Metric,
    Product,
    Proxy,
    ProxyConfig,
    ServiceToken,
)
from tollway.portal.tenants.models import Tenant


def products_of(tenant: Tenant) -> QuerySet[Product]:
    return Product.objects.filter(tenant=tenant).order_by("id")


def backends_of(tenant: Tenant) -> QuerySet[Backend]:
    return Backend.objects.filter(tenant=tenant).order_by("id")


def backend_usages_of(tenant: Tenant, product: Product) -> QuerySet[BackendUsage]:
    usages = BackendUsage.objects.filter(tenant=tenant, product=product)
    return usages.select_related("backend").order_by("id")


def metrics_of(tenant: Tenant, owner: Product | Backend) -> QuerySet[Metric]:
    """Return the owner's metrics with its methods, `hits` first."""
    return Metric.objects.filter(_owned_by(owner), tenant=tenant).order_by("id")


def methods_of(tenant: Tenant, owner: Product | Backend) -> QuerySet[Metric]:
    return metrics_of(tenant, owner).filter(parent__isnull=False)


def hits_of(tenant: Tenant, owner: Product | Backend) -> Metric:
    return metrics_of(tenant, owner).get(parent__isnull=True, system_name=HITS)


def usable_metrics_of(tenant: Tenant, product: Product) -> QuerySet[Metric]:
    """Return what a product's plans may limit and its rules count: its backends' metrics too."""
    of_backends = Q(backend__usages__product=product)
    found = Metric.objects.filter(Q(product=product) | of_backends, tenant=tenant)
    return found.order_by("id")


def mapping_rules_of(tenant: Tenant, owner: Product | Backend) -> QuerySet[MappingRule]:
    """Return the owner's rules in the order in which they are tried."""
    rules = MappingRule.objects.filter(_owned_by(owner), tenant=tenant)
    return rules.select_related("metric").order_by("position", "id")


def mapping_rules_of_backends(tenant: Tenant, product: Product) -> QuerySet[MappingRule]:
    """Return the rules of all backends that the product uses, each backend's in its order."""
    rules = MappingRule.objects.filter(tenant=tenant, backend__usages__product=product)
    return rules.select_related("metric").order_by("position", "id")


def _owned_by(owner: Product | Backend) -> Q:
    return Q(product=owner) if isinstance(owner, Product) else Q(backend=owner)


def proxy_of(tenant: Tenant, product: Product) -> Proxy:
    return Proxy.objects.select_related("product").get(tenant=tenant, product=product)


def api_backend_of(tenant: Tenant, product: Product) -> str | None:
    """Return the private base URL of a product whose only backend is at `/`; None for others."""
    usages = list(backend_usages_of(tenant, product)[:2])
    if len(usages) == 1 and usages[0].path == "/":
        return usages[0].backend.private_endpoint
    return None


def proxy_configs_of(tenant: Tenant, product: Product, environment: str) -> QuerySet[ProxyConfig]:
    """Return the versions of one environment ("sandbox", "production"), the one in force last."""
    configs = ProxyConfig.objects.filter(tenant=tenant, product=product, environment=environment)
    return configs.order_by("id")


def config_in_force(tenant: Tenant, product: Product, environment: str) -> ProxyConfig | None:
    return proxy_configs_of(tenant, product, environment).last()


def all_proxy_configs_of(tenant: Tenant, environment: str) -> QuerySet[ProxyConfig]:
    """Return the versions of all products in one environment."""
    return ProxyConfig.objects.filter(tenant=tenant, environment=environment).order_by("id")


def configs_in_force(tenant: Tenant, environment: str) -> QuerySet[ProxyConfig]:
    """Return, of each product that has one, the version that gateways serve."""
    configs = all_proxy_configs_of(tenant, environment)
    newest = configs.order_by("product").values("product").annotate(newest=Max("id"))
    return configs.filter(id__in=newest.values("newest"))


def serving_host(configs: QuerySet[ProxyConfig], host: str) -> QuerySet[ProxyConfig]:
    """Keep the configurations whose hosts include ``host``; SQLite cannot look into a list."""
    found = [pk for pk, hosts in configs.values_list("id", "hosts") if host in hosts]
    return configs.filter(id__in=found)


def service_tokens_of(tenant: Tenant, product: Product) -> QuerySet[ServiceToken]:
    return ServiceToken.objects.filter(tenant=tenant, product=product).order_by("id")
