"""Products: made with all that a gateway needs to serve them, and removed with all of it."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction

from tollway.portal.catalog import endpoints, selectors
from tollway.portal.catalog.models import MappingRule, Product, Proxy, ServiceToken
from tollway.portal.catalog.services.metrics import make_hits
from tollway.portal.catalog.services.rules import new_rule
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, change, digest, fill, lock, refuse, seal, system_name
from tollway.portal.tenants.models import Tenant

PRODUCT_FIELDS = (
    "name", "description", "support_email", "backend_version", "deployment_option",
    "intentions_required", "buyers_manage_apps", "buyers_manage_keys", "custom_keys_enabled",
    "mandatory_app_key", "buyer_key_regenerate_enabled", "buyer_can_select_plan",
    "buyer_plan_change_permission", "referrer_filters_required",
)  # fmt: skip
_SECRET_TOKEN = "Shared_secret_sent_from_proxy_to_API_backend_"  # noqa: S105  (3scale's prefix)
_SECRET_TOKEN_BYTES = 8
_SERVICE_TOKEN_BYTES = 32


@transaction.atomic
def create_product(tenant: Tenant, *, by: Actor, **fields: Any) -> Product:  # noqa: ANN401
    """Make a product with its metric `hits`, a rule that counts every GET, a proxy and a token.

    ``fields``: name, and optionally system_name (made of the name if absent; fixed from then on)
    and any of ``PRODUCT_FIELDS``. It has no backend yet, so nothing is deployed.
    """
    lock(tenant)  # system names and host labels are chosen by looking at the others
    others = selectors.products_of(tenant)
    if not fields.get("system_name"):
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "product")
    product = Product(tenant=tenant)
    fill(product, fields, (*PRODUCT_FIELDS, "system_name"))
    product.save()
    hits = make_hits(product)
    rule = new_rule(product)
    rule.http_method, rule.pattern = MappingRule.HttpMethod.GET, "/"
    rule.metric, rule.position = hits, 1
    rule.save()
    _make_proxy(product)
    _make_service_token(product)
    after = {name: getattr(product, name) for name in ("name", "system_name", "backend_version")}
    events.append(tenant, "product.created", product.pk, by=by, after=after)
    return product


def _make_proxy(product: Product) -> None:
    used = set(Proxy.objects.filter(tenant=product.tenant).values_list("host_label", flat=True))
    token = _SECRET_TOKEN + secrets.token_hex(_SECRET_TOKEN_BYTES)
    Proxy.objects.create(
        tenant=product.tenant,
        product=product,
        host_label=endpoints.host_label(product.system_name, product.tenant_id, used),
        secret_token_sealed=seal(token, "secret_token"),
    )


def _make_service_token(product: Product) -> None:
    value = secrets.token_hex(_SERVICE_TOKEN_BYTES)
    ServiceToken.objects.create(
        tenant=product.tenant,
        product=product,
        digest=digest("service_token", value),
        value_sealed=seal(value, "service_token"),
    )


@transaction.atomic
def update_product(product: Product, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``PRODUCT_FIELDS``."""
    before, after = change(product, changes, PRODUCT_FIELDS)
    if after:
        events.append(
            product.tenant, "product.updated", product.pk, by=by, before=before, after=after
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
