"""The API reference: a document as its readers get it, and whom the page's scripts may call."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.shown import Document, Door, Fill, through
from tollway.portal.catalog.models import Product, Proxy
from tollway.portal.catalog.selectors import products_of, proxy_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.calls import placeholders, public_endpoint

_ORIGINS_MAX = 50


class Reference(Struct, frozen=True):
    """``fills`` say which credentials go where; ``origins`` are gateways that may be called."""

    document: Document
    fills: tuple[Fill, ...]
    origins: tuple[str, ...]


def reference_of(row: ApiDocument) -> Reference:
    """Return what is shown of a document: of a product's, how to call it through the gateway.

    A document without a product stays as it is written, and may call any product of the tenant's.
    """
    document: Document = msgspec.json.decode(row.document)
    if row.product is None:
        return Reference(document, (), tuple(_origins(row.tenant)))
    proxy = proxy_of(row.tenant, row.product)
    endpoint = public_endpoint(row.tenant, row.product, proxy)
    if not endpoint:
        return Reference(document, (), ())
    shown = through(document, _door(endpoint, row.product, proxy))
    return Reference(shown.document, shown.fills, (_origin(endpoint),))


def _door(endpoint: str, product: Product, proxy: Proxy) -> Door:
    names = tuple(placeholders(product, proxy))
    return Door(endpoint.rstrip("/"), proxy.credentials_location, names)


def _origins(tenant: Tenant) -> Iterator[str]:
    for product in products_of(tenant)[:_ORIGINS_MAX]:
        if endpoint := public_endpoint(tenant, product, proxy_of(tenant, product)):
            yield _origin(endpoint)


def _origin(endpoint: str) -> str:
    address = urlsplit(endpoint)
    return f"{address.scheme}://{address.netloc}"
