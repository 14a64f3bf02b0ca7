"""A call that can be pasted now: a product that is served, and a live application of it."""

from __future__ import annotations

from msgspec import Struct

from tollway.portal.applications import selectors as applications
from tollway.portal.applications.models import Application
from tollway.portal.catalog import endpoints
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.console.sight import Sight
from tollway.portal.web import calls


class Example(Struct, frozen=True):
    product: Product
    application: Application
    environment: str  # "sandbox" or "production"
    curl: str
    credentials: calls.Credentials


def example_for(sight: Sight) -> Example | None:
    """Find a live application of a product that is served: production rather than staging.

    It shows a key, so it is for who may see keys.
    """
    if not sight.audience:
        return None
    live = applications.applications_of(sight.tenant).filter(state=Application.State.LIVE)
    live = sight.within(live, "product")
    for environment, endpoint_of in (
        (ProxyConfig.Environment.PRODUCTION, endpoints.production_endpoint),
        (ProxyConfig.Environment.SANDBOX, endpoints.staging_endpoint),
    ):
        served = catalog.configs_in_force(sight.tenant, environment).values("product")
        application = live.filter(product__in=served).first()
        if application is None:
            continue
        product = application.product
        proxy = catalog.proxy_of(sight.tenant, product)
        shown = calls.credentials_for(sight.tenant, product, proxy, application)
        line = calls.curl(endpoint_of(proxy), proxy.api_test_path, proxy, shown)
        return Example(product, application, str(environment), line, shown)
    return None
