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
    see its keys.
    """

    application: Application | None
    curl: str
    has_keys: bool


def caller_of(product: Product, proxy: Proxy, token: str = "") -> Caller | None:
    """Return who calls in a test, and what it shows; with OpenID Connect that is ``token``."""
    application = calls.first_application(product)
    if application is None:
        return None
    shown = calls.credentials_for(product.tenant, product, proxy, application)
    return Caller(application.name, shown, "" if shown else token)


def example_of(product: Product, proxy: Proxy, path: str, *, with_keys: bool) -> Example:
    """Return the line for a call of ``path`` on staging."""
    application = calls.first_application(product)
    shown = {}
    if application is not None and with_keys:
        shown = calls.credentials_for(product.tenant, product, proxy, application)
    line = calls.curl(
        endpoints.staging_endpoint(proxy), path, proxy, shown or calls.placeholders(product, proxy)
    )
    return Example(application, line, has_keys=bool(shown))
