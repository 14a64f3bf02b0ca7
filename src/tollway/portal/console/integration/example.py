"""Who makes the test call, and the line that makes it from a terminal."""

from __future__ import annotations

from msgspec import Struct

from tollway.portal.applications.models import Application
from tollway.portal.catalog import endpoints
from tollway.portal.catalog.models import Product, Proxy
from tollway.portal.tryout.staging import Caller
from tollway.portal.web import calls


class Example(Struct, frozen=True):
    """``application`` is the product's first live one. ``curl`` lets a reader call as it.

    Not ``has_keys``: the line has a placeholder, as there is no application, or the reader may not
    see its keys. ``by_token``: it has one for an access token.
    """

    application: Application | None
    curl: str
    has_keys: bool
    by_token: bool


def caller_of(product: Product, proxy: Proxy, token: str = "") -> Caller | None:
    """Return who calls in a test, and what it shows; with OpenID Connect that is ``token``."""
    application = calls.first_application(product)
    if application is None:
        return None
    if product.backend_version == Product.BackendVersion.OIDC:
        return Caller("", {}, token)
    return Caller(
        application.name, calls.credentials_for(product.tenant, product, proxy, application)
    )


def example_of(product: Product, proxy: Proxy, path: str, *, with_keys: bool) -> Example:
    """Return the line for a call of ``path`` on staging."""
    application = calls.first_application(product)
    shown = {}
    if application is not None and with_keys:
        shown = calls.credentials_for(product.tenant, product, proxy, application)
    line = calls.curl(
        endpoints.staging_endpoint(proxy), path, proxy, shown or calls.placeholders(product, proxy)
    )
    by_token = product.backend_version == Product.BackendVersion.OIDC
    return Example(application, line, has_keys=bool(shown), by_token=by_token)
