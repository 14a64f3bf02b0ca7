"""Gateways' configuration: its settings, a new version for staging, and its promotion."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.endpoints import AddressError, private_base_url, public_base_url
from tollway.portal.catalog.models import BackendUsage, Product, Proxy, ProxyConfig
from tollway.portal.catalog.services.backends import (
    change_endpoint,
    make_backend,
    make_backend_usage,
)
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BLANK, INVALID, TAKEN, change, fill, lock, refuse, seal

_SANDBOX, _PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION
_FIELDS = (
    "credentials_location", "auth_user_key", "auth_app_id", "auth_app_key",
    "hostname_rewrite", "api_test_path",
    *(
        f"error_{part}{answer}"
        for answer in ("auth_missing", "auth_failed", "no_match", "limits_exceeded")
        for part in ("", "status_", "headers_")
    ),
)  # fmt: skip
_OWN = {
    "endpoint": ("own_endpoint", "own_host"),
    "sandbox_endpoint": ("own_sandbox_endpoint", "own_sandbox_host"),
}
_SECRET_TOKEN = re.compile(r"[\x21-\x7e]{1,255}")


@transaction.atomic
def update_proxy(product: Product, *, by: Actor, **changes: Any) -> Proxy:  # noqa: ANN401
    """Change how gateways serve a product, and write a new version for staging.

    ``changes``: credentials_location, auth_*, error_*, hostname_rewrite, api_test_path,
    secret_token; ``api_backend``, the private base URL of the backend at `/`, which is made if
    there is none; ``endpoint`` and ``sandbox_endpoint``, which only self-managed products have of
    their own (ignored for others, as in 3scale). Without a backend nothing is deployed.
    """
    proxy = selectors.proxy_of(product.tenant, product)
    lock(proxy)
    if "api_backend" in changes:
        _set_api_backend(product, changes.pop("api_backend"))
    if token := changes.pop("secret_token", None):
        _set_secret_token(proxy, token)
    for name in _OWN.keys() & changes.keys():
        _set_address(proxy, product, name, changes.pop(name))
    before, after = change(proxy, changes, _FIELDS)
    # 3scale writes a new version on each update; the document carries this number.
    proxy.lock_version += 1
    proxy.save(update_fields=["lock_version", "updated_at"])
    config = _write_sandbox(product, by) if _deployable(product) else None
    after |= {"sandbox_version": config.version if config else None}
    events.append(product.tenant, "proxy.updated", product.pk, by=by, before=before, after=after)
    return proxy


def _set_api_backend(product: Product, address: str) -> None:
    """Have the product's calls answered at ``address``: its backend at `/`, made if need be."""
    if not address:
        raise refuse("api_backend", BLANK)
    try:
        address = private_base_url(address)
    except AddressError as error:
        raise refuse("api_backend", str(error)) from error
    usages = selectors.backend_usages_of(product.tenant, product)
    at_root: BackendUsage | None = usages.filter(path="/").first()
    if at_root is not None:
        change_endpoint(at_root.backend, address)
        return
    lock(product.tenant)  # a free system name is chosen by looking at the others
    fields = {"name": f"{product.name[:240]} Backend", "private_endpoint": address}
    make_backend_usage(product, make_backend(product.tenant, fields), "/")


def _set_secret_token(proxy: Proxy, token: str) -> None:
    if not _SECRET_TOKEN.fullmatch(token):
        raise refuse("secret_token", INVALID)
    proxy.secret_token_sealed = seal(token, "secret_token")
    proxy.save(update_fields=["secret_token_sealed"])


def _set_address(proxy: Proxy, product: Product, name: str, address: str) -> None:
    if product.deployment_option == Product.DeploymentOption.HOSTED:
        return
    endpoint, host = _OWN[name]
    try:
        url = public_base_url(address) if address else ""
    except AddressError as error:
        raise refuse(name, str(error)) from error
    taken = Proxy.objects.exclude(pk=proxy.pk).filter(**{host: urlsplit(url).hostname or None})
    if url and taken.exists():
        raise refuse(name, TAKEN)
    fill(proxy, {endpoint: url}, (endpoint,))
    setattr(proxy, host, urlsplit(url).hostname)
    proxy.save(update_fields=[endpoint, host])


@transaction.atomic
def deploy(product: Product, *, by: Actor) -> Proxy:
    """Write what is set now as a new version for staging, unless it is what is there already."""
    proxy = selectors.proxy_of(product.tenant, product)
    lock(proxy)
    if not _deployable(product):
        raise refuse("api_backend", BLANK)
    newest = selectors.config_in_force(product.tenant, product, _SANDBOX)
    config = _write_sandbox(product, by)
    if newest is None or config.pk != newest.pk:
        after = {"sandbox_version": config.version}
        events.append(product.tenant, "proxy.deployed", product.pk, by=by, after=after)
    return proxy


def _deployable(product: Product) -> bool:
    return selectors.backend_usages_of(product.tenant, product).exists()


def _write_sandbox(product: Product, by: Actor) -> ProxyConfig:
    """Return the version in force in staging, after writing one if the content differs."""
    document = documents.service_document(product)
    content = documents.encode(document)
    if len(content.encode()) > documents.CONTENT_BYTES_MAX:
        raise refuse("content", "is too long (maximum is 2 MB)")
    versions = selectors.proxy_configs_of(product.tenant, product, _SANDBOX)
    newest = versions.last()
    if newest is not None and newest.content == content:
        return newest
    highest = versions.order_by("-version").values_list("version", flat=True).first()
    return ProxyConfig.objects.create(
        tenant=product.tenant,
        product=product,
        environment=_SANDBOX,
        version=(highest or 0) + 1,
        content_sealed=seal(content, "proxy_config"),
        hosts=documents.hosts_of(document),
        author=_author(product, by),
    )


def _author(product: Product, by: Actor) -> User | None:
    if by.kind != "user" or not by.id.isdigit():
        return None
    return User.objects.filter(tenant=product.tenant, pk=int(by.id)).first()


@transaction.atomic
def promote(
    product: Product,
    *,
    by: Actor,
    version: int,
    source: str = _SANDBOX,
    to: str = _PRODUCTION,
) -> ProxyConfig:
    """Copy a version to another environment, under the same number, where it is in force at once.

    Raises ``ValidationError`` on ``version`` if there is none in ``source``, or one in ``to``.
    """
    proxy = selectors.proxy_of(product.tenant, product)
    lock(proxy)
    tenant = product.tenant
    if to not in ProxyConfig.Environment.values:
        raise refuse("to", "is not included in the list")
    original = selectors.proxy_configs_of(tenant, product, source).filter(version=version).first()
    if original is None:
        raise refuse("version", "does not exist")
    if selectors.proxy_configs_of(tenant, product, to).filter(version=version).exists():
        raise refuse("version", TAKEN)
    copy = ProxyConfig.objects.create(
        tenant=tenant,
        product=product,
        environment=to,
        version=version,
        content_sealed=seal(original.content, "proxy_config"),
        hosts=original.hosts,
        author=_author(product, by),
    )
    if to == _PRODUCTION:
        proxy.deployed_at = datetime.fromtimestamp(clock.now(), UTC)
        proxy.save(update_fields=["deployed_at"])
    after = {"environment": to, "version": version}
    events.append(tenant, "proxy.promoted", product.pk, by=by, after=after)
    return copy
