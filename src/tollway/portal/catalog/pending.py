"""What is set but not in force yet: the mark beside a product's configuration."""

from __future__ import annotations

from msgspec import Struct

from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import Product, ProxyConfig, ServiceToken
from tollway.portal.tenants.models import Tenant

_SANDBOX, _PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION


class Pending(Struct, frozen=True):
    """``staging``: a deploy would write a version. ``production``: staging is ahead of it.

    A service mesh has production only, and a plugin in code neither.
    """

    staging: bool
    production: bool


def pending_changes(tenant: Tenant, product: Product) -> Pending:
    """Compare what is set with what gateways have. A product without a backend waits for nothing.

    That a row was touched is no change, nor is a plan, a limit or a key: these need no deploy.
    """
    if not selectors.may_be_deployed(tenant, product):
        return Pending(staging=False, production=False)
    sandbox = selectors.config_in_force(tenant, product, _SANDBOX)
    production = selectors.config_in_force(tenant, product, _PRODUCTION)
    if product.has_gateway:
        behind = sandbox is not None and (
            production is None or production.version != sandbox.version
        )
        return Pending(staging=_differs(product, sandbox), production=behind)
    mesh = product.in_service_mesh
    return Pending(staging=False, production=mesh and _differs(product, production))


def _differs(product: Product, config: ProxyConfig | None) -> bool:
    now = documents.encode(documents.service_document(product))
    return config is None or not documents.same(config.content, now)


def environments_using(tenant: Tenant, token: ServiceToken) -> list[str]:
    """Return where gateways would be refused without this token ("sandbox", "production")."""
    in_force = {
        environment: selectors.config_in_force(tenant, token.product, environment)
        for environment in ProxyConfig.Environment.values
    }
    return [
        environment
        for environment, config in in_force.items()
        if config is not None
        and documents.token_of(documents.decode(config.content)) == token.value
    ]
