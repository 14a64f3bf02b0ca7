"""How gateways serve a product: its settings, and OpenID Connect's."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction

from tollway.core.openid import OpenIdError, claim_path
from tollway.portal.catalog import selectors
from tollway.portal.catalog.endpoints import (
    AddressError,
    issuer_url,
    private_base_url,
    public_base_url,
)
from tollway.portal.catalog.models import BackendUsage, Product, Proxy
from tollway.portal.catalog.services.backends import (
    change_endpoint,
    make_backend,
    make_backend_usage,
)
from tollway.portal.catalog.services.deployment import write_staging
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, BLANK, INVALID, TAKEN, change, fill, lock, refuse, seal

EDITED = "Someone else edited the Staging Configuration"

_FIELDS = (
    "credentials_location", "auth_user_key", "auth_app_id", "auth_app_key",
    "hostname_rewrite", "api_test_path", "oidc_issuer_type", "jwt_claim_with_client_id",
    "jwt_claim_with_client_id_type",
    *(
        f"error_{part}{answer}"
        for answer in ("auth_missing", "auth_failed", "no_match", "limits_exceeded")
        for part in ("", "status_", "headers_")
    ),
)  # fmt: skip
_CLAIM = {"jwt_claim_with_client_id", "jwt_claim_with_client_id_type"}
FLOWS = (
    "standard_flow_enabled",
    "implicit_flow_enabled",
    "service_accounts_enabled",
    "direct_access_grants_enabled",
)
_OWN = {
    "endpoint": ("own_endpoint", "own_host"),
    "sandbox_endpoint": ("own_sandbox_endpoint", "own_sandbox_host"),
}
_SECRET_TOKEN = re.compile(r"[\x21-\x7e]{1,255}")


class EditedMeanwhileError(ValidationError):
    """The settings are not those any more that the caller saw before changing them."""

    def __init__(self) -> None:
        super().__init__({BASE: [EDITED]})


@transaction.atomic
def update_proxy(
    product: Product,
    *,
    by: Actor,
    lock_version: int | None = None,
    **changes: Any,  # noqa: ANN401
) -> Proxy:
    """Change how gateways serve a product, and write a new version for staging.

    ``changes``: credentials_location, auth_*, error_*, hostname_rewrite, api_test_path ("" for no
    test call), secret_token, oidc_issuer_endpoint, oidc_issuer_type, jwt_claim_*; ``api_backend``,
    the private base URL of the backend at `/`, which is made if there is none; ``endpoint`` and
    ``sandbox_endpoint``, which only self-managed products have of their own (ignored for others, as
    in 3scale). Nothing is deployed without a backend, nor for a service mesh, whose one environment
    changes on ``deploy`` only, nor for plugins.

    ``lock_version`` is the proxy's as the caller saw it; ``EditedMeanwhileError`` if it is another
    one now. Nothing is changed then.
    """
    proxy = selectors.proxy_of(product.tenant, product)
    lock(proxy)
    if lock_version is not None and lock_version != proxy.lock_version:
        raise EditedMeanwhileError
    if "api_backend" in changes:
        _set_api_backend(product, changes.pop("api_backend"))
    told = _set_secrets(proxy, changes)
    for name in _OWN.keys() & changes.keys():
        _set_address(proxy, product, name, changes.pop(name))
    before, after = change(proxy, changes, _FIELDS)
    if _CLAIM & after.keys():
        _check_claim(proxy)
    # 3scale writes a new version on each update; the document carries this number.
    proxy.lock_version += 1
    proxy.save(update_fields=["lock_version", "updated_at"])
    deployable = product.has_gateway and selectors.may_be_deployed(product.tenant, product)
    config = write_staging(product, by) if deployable else None
    after |= {**told, "sandbox_version": config.version if config else None}
    events.append(product.tenant, "proxy.updated", product.pk, by=by, before=before, after=after)
    return proxy


def _check_claim(proxy: Proxy) -> None:
    """Refuse what gateways could not read: they would let nobody in."""
    try:
        claim_path(proxy.jwt_claim_with_client_id, proxy.jwt_claim_with_client_id_type)
    except OpenIdError as error:
        raise refuse("jwt_claim_with_client_id", str(error)) from error


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


def _set_secrets(proxy: Proxy, changes: dict[str, Any]) -> dict[str, str]:
    """Take the secrets out of ``changes`` and save them sealed; return what an event says."""
    told = {}
    if token := changes.pop("secret_token", None):
        if not _SECRET_TOKEN.fullmatch(token):
            raise refuse("secret_token", INVALID)
        if token != proxy.secret_token:
            proxy.secret_token_sealed = seal(token, "secret_token")
            told["secret_token"] = "changed"  # noqa: S105  (says that, not what)
    issuer = changes.pop("oidc_issuer_endpoint", None)
    if issuer is not None and issuer != proxy.oidc_issuer_endpoint:
        try:
            issuer = issuer_url(issuer) if issuer else ""
        except AddressError as error:
            raise refuse("oidc_issuer_endpoint", str(error)) from error
        proxy.oidc_issuer_endpoint_sealed = seal(issuer, "oidc_issuer_endpoint") if issuer else b""
        told["oidc_issuer_endpoint"] = "changed"
    if told:
        proxy.save(update_fields=["secret_token_sealed", "oidc_issuer_endpoint_sealed"])
    return told


def _set_address(proxy: Proxy, product: Product, name: str, address: str) -> None:
    if product.deployment_option != Product.DeploymentOption.SELF_MANAGED:
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
def update_oidc_flows(product: Product, *, by: Actor, **changes: bool) -> Proxy:
    """Switch any of ``FLOWS``: by which ways the identity provider gives clients tokens.

    Gateways do not look at them, so there is no new version.
    """
    proxy = selectors.proxy_of(product.tenant, product)
    before, after = change(proxy, changes, FLOWS)
    if after:
        events.append(
            product.tenant, "proxy.flows_updated", product.pk, by=by, before=before, after=after
        )
    return proxy
