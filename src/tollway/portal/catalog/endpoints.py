"""Addresses: where gateways serve a product, and which private base URLs are accepted.

A product's public addresses follow from templates, as the quick start shows them:
`http://{system_name}-{tenant id}.staging.gateway.{domain}:{port}`, and the same without `staging.`.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from tollway.portal.catalog.models import Proxy
from tollway.portal.fields import unused

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_LABEL_LENGTH_MAX = 63
_HOST = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
    r"|\[[0-9a-f:.]+\]"
)
ISSUER_LENGTH_MAX = 2000
_LOGIN = re.compile(r"[\x21-\x7e]*")
_OUTSIDE_ASCII = re.compile(r"[^\x21-\x7e]")


class AddressError(ValueError):
    """An address is not acceptable. The message continues the field's name."""


def host_label(system_name: str, tenant_id: int, used: set[str]) -> str:
    """Make a product's part of its host name, which no other product of the tenant has.

    What a host name cannot hold becomes a hyphen, so that two system names may fall together.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", system_name.lower()).strip("-") or "product"
    room = _LABEL_LENGTH_MAX - len(f"-{tenant_id}") - len("-1000000")
    return unused(plain[:room].rstrip("-"), "-", used)


def production_endpoint(proxy: Proxy) -> str:
    """Return where gateways serve the product; "" if it has none (service mesh, plugins)."""
    if not proxy.product.has_gateway:
        return ""
    ports = settings.TOLLWAY.ports
    return proxy.own_endpoint or f"http://{_host(proxy, '')}:{ports.production}"


def staging_endpoint(proxy: Proxy) -> str:
    if not proxy.product.has_gateway:
        return ""
    ports = settings.TOLLWAY.ports
    return proxy.own_sandbox_endpoint or f"http://{_host(proxy, 'staging.')}:{ports.staging}"


def _host(proxy: Proxy, environment: str) -> str:
    return f"{proxy.host_label}-{proxy.tenant_id}.{environment}{_zone()}"


def _zone() -> str:
    """Return the domain below which the templates put every product."""
    return f"gateway.{settings.TOLLWAY.domain}"


def public_base_url(text: str) -> str:
    """Check where a self-managed gateway serves a product; return it with its port.

    Raises ``AddressError``. Names that the templates hand out are refused: with one of those, a
    product would take another's calls.
    """
    url = _address(text, schemes=("http", "https"))
    if url.path not in {"", "/"}:
        raise AddressError("must not have a path")
    host = url.hostname or ""
    if host == _zone() or host.endswith(f".{_zone()}"):
        raise AddressError("is reserved")
    return _written(url).removesuffix("/")


def private_base_url(text: str) -> str:
    """Check where a backend is reached; return it with its port (3scale writes `:443` out).

    Raises ``AddressError``. `localhost` and 127.* are refused by name only: whether an address may
    be dialled is decided when it is dialled (``tollway.net``).
    """
    url = _address(text, schemes=tuple(PORTS))
    host = url.hostname or ""
    if host == "localhost" or host == "::1" or re.fullmatch(r"127(\.\d+){1,3}", host):
        raise AddressError("can't be localhost")
    return _written(url)


def issuer_url(text: str) -> str:
    """Check where an identity provider is found, with the portal's client and secret in it.

    `https://CLIENT:SECRET@idp.example/realms/x`. Raises ``AddressError``.
    """
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    login, at, host = authority.rpartition("@")
    _address(f"{scheme}://{host}{slash}{path}", schemes=("http", "https"))
    if len(text) > ISSUER_LENGTH_MAX or not _LOGIN.fullmatch(login) or (at and not login):
        raise AddressError("is invalid")
    return text


def _address(text: str, *, schemes: tuple[str, ...]) -> SplitResult:
    if not text:
        raise AddressError("can't be blank")
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise AddressError("is invalid") from error
    if url.scheme not in schemes:
        raise AddressError(f"must start with {', '.join(f'{s}://' for s in schemes)}")
    if url.query or url.fragment or "?" in text or "#" in text:
        raise AddressError("must not have a query")
    if "@" in url.netloc:
        raise AddressError("must not have a user name")
    host = url.netloc.lower().removesuffix(f":{port}")
    if port == 0 or not _HOST.fullmatch(host) or _OUTSIDE_ASCII.search(text):
        raise AddressError("is invalid")
    return url


def _written(url: SplitResult) -> str:
    host = url.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{host}:{url.port or PORTS[url.scheme]}{url.path}"
