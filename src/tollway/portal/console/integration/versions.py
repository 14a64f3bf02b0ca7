"""What is in force where, what is set but not there yet, and whether staging may be promoted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from tollway.portal.catalog import documents, endpoints, selectors
from tollway.portal.catalog.differences import Difference, differences
from tollway.portal.catalog.documents import Document
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig
from tollway.portal.tryout import selectors as tryouts
from tollway.portal.tryout.models import Tryout

SANDBOX, PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION
SHOWN = 6  # differences; the others can be unfolded


class Changes(Struct, frozen=True):
    """The first differences, and the others."""

    all: tuple[Difference, ...] = ()

    @property
    def first(self) -> Sequence[Difference]:
        return self.all[:SHOWN]

    @property
    def more(self) -> Sequence[Difference]:
        return self.all[SHOWN:]

    def __bool__(self) -> bool:
        return bool(self.all)

    def __len__(self) -> int:
        return len(self.all)


class Placed(Struct, frozen=True):
    """The version in force in an environment; ``address`` is where gateways serve it."""

    version: int
    at: datetime
    by: str
    address: str


class Gate(Struct, frozen=True):
    """Whether staging may be promoted, and why not, or what is to be said before."""

    is_open: bool
    text: str = ""


class Versions(Struct, frozen=True):
    """``draft`` is what staging would get now, ``waiting`` what production would get."""

    staging: Placed | None
    production: Placed | None
    draft: Changes
    waiting: Changes
    is_behind: bool  # production has another version than staging
    now: Document  # what is set


def versions_of(product: Product, proxy: Proxy) -> Versions:
    """Read both environments, and compare. A service mesh has production only."""
    tenant = product.tenant
    production = selectors.config_in_force(tenant, product, PRODUCTION)
    staging = None
    if not product.in_service_mesh:
        staging = selectors.config_in_force(tenant, product, SANDBOX)
    now = documents.service_document(product)
    first = production if product.in_service_mesh else staging
    draft: tuple[Difference, ...] = ()
    if selectors.may_be_deployed(tenant, product):
        draft = differences(_content(first), documents.decode(documents.encode(now)))
    waiting = differences(_content(production), _read(staging)) if staging else ()
    return Versions(
        staging=_placed(staging, endpoints.staging_endpoint(proxy)),
        production=_placed(production, endpoints.production_endpoint(proxy)),
        draft=Changes(draft),
        waiting=Changes(waiting),
        is_behind=bool(staging and (not production or production.version != staging.version)),
        now=now,
    )


def _content(config: ProxyConfig | None) -> Document | None:
    return _read(config) if config else None


def _read(config: ProxyConfig) -> Document:
    return documents.decode(config.content)


def _placed(config: ProxyConfig | None, address: str) -> Placed | None:
    if config is None:
        return None
    return Placed(config.version, config.created_at, author_of(config), address)


def author_of(row: ProxyConfig | Tryout) -> str:
    """Name who did it; the sample data and the API's tokens are nobody in particular."""
    return row.author.username if row.author else "Tollway"


def gate_of(product: Product, proxy: Proxy, version: int) -> Gate:
    """Say whether a version of staging may be promoted: when its test call was green.

    Where no test call can be made, because there is no test path or because a call takes a token
    of OpenID Connect, it may be promoted untested.
    """
    last = tryouts.last_tryout_of(product.tenant, product)
    if last is not None and last.version == version and last.passed:
        return Gate(is_open=True)
    if not proxy.api_test_path:
        return Gate(True, f"v{version} has not been tested: there is no test request.")
    if product.backend_version == Product.BackendVersion.OIDC:
        return Gate(True, f"v{version} has not been tested: a call takes an access token.")
    if last is not None and last.version == version:
        text = f"The test of v{version} failed. Promoting waits until it is green."
    else:
        text = f"v{version} has not been tested yet. Update & test it first."
    return Gate(False, f"{text} Without a test request, versions are promoted untested.")
