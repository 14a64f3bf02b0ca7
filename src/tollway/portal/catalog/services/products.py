"""Products: made with all that a gateway needs to serve them, and removed with all of it."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction

from tollway.portal.catalog import endpoints, selectors
from tollway.portal.catalog.models import MappingRule, Product, Proxy
from tollway.portal.catalog.services.metrics import make_hits
from tollway.portal.catalog.services.rules import new_rule
from tollway.portal.catalog.services.tokens import make_service_token
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import (
    BASE,
    Move,
    NoRoomError,
    change,
    fill,
    lock,
    refuse,
    seal,
    system_name,
)
from tollway.portal.tenants.models import Tenant

PRODUCT_FIELDS = (
    "name", "description", "support_email", "backend_version", "deployment_option",
    "intentions_required", "buyers_manage_apps", "buyers_manage_keys", "custom_keys_enabled",
    "mandatory_app_key", "buyer_key_regenerate_enabled", "buyer_can_select_plan",
    "buyer_plan_change_permission", "referrer_filters_required", "terms", "txt_support",
    "annotations", "notification_settings",
)  # fmt: skip
_SECRET_TOKEN = "Shared_secret_sent_from_proxy_to_API_backend_"  # noqa: S105  (3scale's prefix)
_SECRET_TOKEN_BYTES = 8

_NEW, _HIDDEN, _PUBLISHED, _OFFLINE, _DEPRECATED, _ = Product.State.values
PRODUCT_MOVES = {
    "publish": Move(frozenset({_NEW, _HIDDEN, _OFFLINE, _DEPRECATED}), _PUBLISHED, "published"),
    "hide": Move(frozenset({_NEW, _PUBLISHED, _OFFLINE, _DEPRECATED}), _HIDDEN, "hidden"),
    "take_offline": Move(frozenset({_HIDDEN, _PUBLISHED}), _OFFLINE, "taken_offline"),
    "deprecate": Move(frozenset({_HIDDEN, _PUBLISHED, _OFFLINE}), _DEPRECATED, "deprecated"),
}


def make_product(tenant: Tenant, fields: dict[str, Any]) -> Product:
    """Save a product with its metric `hits`, a rule that counts every GET, a proxy and a token.

    ``fields``: name, and optionally system_name (made of the name if absent; fixed from then on),
    state_event and any of ``PRODUCT_FIELDS``. It has no backend yet, so nothing is deployed. No
    event.
    """
    lock(tenant)  # system names and host labels are chosen by looking at the others
    others = selectors.products_of(tenant)
    if tenant.max_services is not None and others.count() >= tenant.max_services:
        raise NoRoomError(f"The limit of {tenant.max_services} products is reached")
    if not fields.get("system_name"):
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "product")
    product = Product(tenant=tenant)
    if event := fields.pop("state_event", ""):
        product.state = _moved(product, event)
    fill(product, fields, (*PRODUCT_FIELDS, "system_name"))
    product.save()
    hits = make_hits(product)
    rule = new_rule(product)
    rule.http_method, rule.pattern = MappingRule.HttpMethod.GET, "/"
    rule.metric, rule.position = hits, 1
    rule.save()
    _make_proxy(product)
    make_service_token(product)
    return product


def described(product: Product) -> dict[str, Any]:
    """Return what the event of a new product says of it."""
    return {name: getattr(product, name) for name in ("name", "system_name", "backend_version")}


def _make_proxy(product: Product) -> None:
    used = set(Proxy.objects.filter(tenant=product.tenant).values_list("host_label", flat=True))
    token = _SECRET_TOKEN + secrets.token_hex(_SECRET_TOKEN_BYTES)
    Proxy.objects.create(
        tenant=product.tenant,
        product=product,
        host_label=endpoints.host_label(product.system_name, product.tenant_id, used),
        secret_token_sealed=seal(token, "secret_token"),
    )


def change_product(
    product: Product, changes: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Save any of ``PRODUCT_FIELDS``, or do one of ``PRODUCT_MOVES``; return (before, after).

    No event: what a change of the authentication mode asks of applications is decided above. A
    product that is no longer self-managed gives its own addresses back.
    """
    lock(product)
    if event := changes.pop("state_event", ""):
        changes["state"] = _moved(product, event)
    if not product.support_email and changes.get("support_email") == product.tenant.support_email:
        changes.pop("support_email", "")  # a whole entity that comes back: what it showed
    before, after = change(product, changes, (*PRODUCT_FIELDS, "state"))
    if "deployment_option" in after:
        _fit_deployment(product)
    return before, after


def _moved(product: Product, event: str) -> str:
    step = PRODUCT_MOVES.get(event)
    if step is None:
        raise refuse("state_event", "is not included in the list")
    if product.state not in step.sources:
        raise refuse("state", f'cannot transition via "{event}"')
    return step.target


def _fit_deployment(product: Product) -> None:
    if not product.has_gateway and product.backend_usages.count() > 1:
        raise refuse("deployment_option", "allows one backend only, and the product uses more")
    if product.deployment_option != Product.DeploymentOption.SELF_MANAGED:
        Proxy.objects.filter(product=product).update(
            own_endpoint="", own_host=None, own_sandbox_endpoint="", own_sandbox_host=None
        )


@transaction.atomic
def delete_product(product: Product, *, by: Actor) -> None:
    """Remove a product with its plans, applications and configurations. A tenant keeps one."""
    lock(product.tenant)
    lock(product)
    if not selectors.products_of(product.tenant).exclude(pk=product.pk).exists():
        raise refuse(BASE, "The last product cannot be deleted")
    tenant, pk = product.tenant, product.pk
    before = {"name": product.name, "system_name": product.system_name}
    product.delete()
    events.append(tenant, "product.deleted", pk, by=by, before=before)
