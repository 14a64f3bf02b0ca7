"""Versions of gateways' configuration: written for staging, promoted, and brought back."""

from __future__ import annotations

from django.db import transaction

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import Product, Proxy, ProxyConfig
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, BLANK, TAKEN, lock, refuse, seal

_SANDBOX, _PRODUCTION = ProxyConfig.Environment.SANDBOX, ProxyConfig.Environment.PRODUCTION


@transaction.atomic
def deploy(product: Product, *, by: Actor) -> Proxy:
    """Write what is set now as a new version for staging, unless it is what is there already.

    A service mesh has one environment: there the version is in production at once. A product with
    a plugin in code has no configuration, and is refused.
    """
    proxy = selectors.proxy_of(product.tenant, product)
    lock(proxy)
    if not selectors.may_be_deployed(product.tenant, product):
        raise refuse("api_backend", BLANK)
    if not (product.has_gateway or product.in_service_mesh):
        raise refuse(BASE, "A product with a code plugin has no gateway to configure")
    newest = selectors.config_in_force(product.tenant, product, _SANDBOX)
    config = write_staging(product, by)
    after = {}
    if newest is None or config.pk != newest.pk:
        after["sandbox_version"] = config.version
    if product.in_service_mesh and not _in_force(config, _PRODUCTION):
        _copy(proxy, config, _PRODUCTION, by=by)
        after["production_version"] = config.version
    if after:
        events.append(product.tenant, "proxy.deployed", product.pk, by=by, after=after)
    return proxy


def write_staging(product: Product, by: Actor) -> ProxyConfig:
    """Return the version in force in staging, after writing one if the configuration differs."""
    document = documents.service_document(product)
    content = documents.encode(document)
    if len(content.encode()) > documents.CONTENT_BYTES_MAX:
        raise refuse("content", "is too long (maximum is 2 MB)")
    versions = selectors.proxy_configs_of(product.tenant, product, _SANDBOX)
    newest = versions.last()
    if newest is not None and documents.same(newest.content, content):
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

    An older version may come back, also one that was there before: that is how to roll back. Raises
    ``ValidationError`` on ``version`` if there is none in ``source``, or if it is in force in
    ``to`` already.
    """
    proxy = selectors.proxy_of(product.tenant, product)
    lock(proxy)
    if to not in ProxyConfig.Environment.values:
        raise refuse("to", "is not included in the list")
    original = selectors.config_of_version(product.tenant, product, source, version)
    if original is None:
        raise refuse("version", "does not exist")
    if _in_force(original, to):
        raise refuse("version", TAKEN)
    copy = _copy(proxy, original, to, by=by)
    after = {"environment": to, "version": version}
    events.append(product.tenant, "proxy.promoted", product.pk, by=by, after=after)
    return copy


def _in_force(config: ProxyConfig, environment: str) -> bool:
    newest = selectors.config_in_force(config.tenant, config.product, environment)
    return newest is not None and newest.version == config.version


def _copy(proxy: Proxy, original: ProxyConfig, to: str, *, by: Actor) -> ProxyConfig:
    copy = ProxyConfig.objects.create(
        tenant=proxy.tenant,
        product=proxy.product,
        environment=to,
        version=original.version,
        content_sealed=seal(original.content, "proxy_config"),
        hosts=original.hosts,
        author=_author(proxy.product, by),
    )
    if to == _PRODUCTION:
        proxy.deployed_at = clock.utc_now()
        proxy.save(update_fields=["deployed_at"])
    return copy
