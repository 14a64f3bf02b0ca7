"""Reading products, backends and what belongs to them. The tenant comes first in every function.

What is found across tenants is for the operator, and says so.
"""

from __future__ import annotations

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

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
from tollway.portal.fields import digest
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


def metrics_with_mapping_of(tenant: Tenant, owner: Product | Backend) -> QuerySet[Metric]:
    """Return the owner's metrics, each with ``is_mapped``: whether some mapping rule counts it."""
    rules = MappingRule.objects.filter(tenant=tenant, metric=OuterRef("pk"))
    return metrics_of(tenant, owner).annotate(is_mapped=Exists(rules))


def methods_of(tenant: Tenant, owner: Product | Backend) -> QuerySet[Metric]:
    return metrics_of(tenant, owner).filter(parent__isnull=False)


def hits_of(tenant: Tenant, owner: Product | Backend) -> Metric:
    return metrics_of(tenant, owner).get(parent__isnull=True, system_name=HITS)


def usable_metrics_of(tenant: Tenant, product: Product) -> QuerySet[Metric]:
    """Return what a product's plans may limit and its rules count: its backends' metrics too."""
    of_backends = Q(backend__usages__product=product)
    found = Metric.objects.filter(Q(product=product) | of_backends, tenant=tenant)
    return found.select_related("backend").order_by("id")


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
    """Return what was put in force in an environment ("sandbox", "production"), and by whom.

    The last one is in force now. A version that came back is there more than once.
    """
    configs = ProxyConfig.objects.filter(tenant=tenant, product=product, environment=environment)
    return configs.select_related("author").order_by("id")


def config_in_force(tenant: Tenant, product: Product, environment: str) -> ProxyConfig | None:
    return proxy_configs_of(tenant, product, environment).last()


def config_of_version(
    tenant: Tenant, product: Product, environment: str, version: int
) -> ProxyConfig | None:
    """Return a version, which may have been put in force several times, as it was the last time."""
    return proxy_configs_of(tenant, product, environment).filter(version=version).last()


def may_be_deployed(tenant: Tenant, product: Product) -> bool:
    """Say whether there is anything to configure: a product without a backend answers nothing."""
    return backend_usages_of(tenant, product).exists()


def all_proxy_configs_of(tenant: Tenant, environment: str) -> QuerySet[ProxyConfig]:
    """Return the versions of all products in one environment."""
    return ProxyConfig.objects.filter(tenant=tenant, environment=environment).order_by("id")


def configs_in_force(tenant: Tenant, environment: str) -> QuerySet[ProxyConfig]:
    """Return, of each product that has one, the version that gateways serve."""
    return _in_force(all_proxy_configs_of(tenant, environment))


def configs_in_force_everywhere(operator: Tenant, environment: str) -> QuerySet[ProxyConfig]:
    """Return what gateways serve of all tenants that are open, for the operator alone."""
    configs = ProxyConfig.objects.filter(environment=environment).order_by("id")
    closed = (Tenant.State.SUSPENDED, Tenant.State.SCHEDULED_FOR_DELETION)
    open_to_all = _in_force(configs).exclude(tenant__state__in=closed)
    return open_to_all if operator.is_master else open_to_all.none()


def _in_force(configs: QuerySet[ProxyConfig]) -> QuerySet[ProxyConfig]:
    newest = configs.order_by("product").values("product").annotate(newest=Max("id"))
    return configs.filter(id__in=newest.values("newest"))


def serving_host(configs: QuerySet[ProxyConfig], host: str) -> QuerySet[ProxyConfig]:
    """Keep the configurations whose hosts include ``host``; SQLite cannot look into a list."""
    found = [pk for pk, hosts in configs.values_list("id", "hosts") if host in hosts]
    return configs.filter(id__in=found)


def service_tokens_of(tenant: Tenant, product: Product) -> QuerySet[ServiceToken]:
    return ServiceToken.objects.filter(tenant=tenant, product=product).order_by("id")


def tenant_by_service_token(value: str) -> Tenant | None:
    """Find whose token it is, for the operator."""
    tokens = ServiceToken.objects.filter(digest=digest("service_token", value))
    token = tokens.select_related("tenant").first()
    return None if token is None else token.tenant


def lasting_service_token_of(tenant: Tenant, product: Product) -> ServiceToken | None:
    """Return the newest token that does not expire: the one for new configurations."""
    return service_tokens_of(tenant, product).filter(expires_at__isnull=True).last()
