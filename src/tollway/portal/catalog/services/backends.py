"""Backends, and the paths below which products use them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog import selectors
from tollway.portal.catalog.endpoints import AddressError, private_base_url
from tollway.portal.catalog.models import Backend, BackendUsage, Product
from tollway.portal.catalog.services.metrics import make_hits
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, change, fill, lock, refuse, system_name
from tollway.portal.tenants.models import Tenant

_FIELDS = ("name", "description", "private_endpoint", "annotations")


@transaction.atomic
def create_backend(tenant: Tenant, *, by: Actor, **fields: Any) -> Backend:  # noqa: ANN401
    """Make a backend with its own metric `hits`.

    ``fields``: name, private_endpoint, and optionally system_name (fixed from then on) and
    description and annotations. The private base URL gets its port if it has none.
    """
    lock(tenant)
    backend = make_backend(tenant, fields)
    after = {"name": backend.name, "system_name": backend.system_name}
    after["private_endpoint"] = backend.private_endpoint
    events.append(tenant, "backend.created", backend.pk, by=by, after=after)
    return backend


def make_backend(tenant: Tenant, fields: dict[str, Any]) -> Backend:
    """Save a backend and its `hits`, without an event."""
    if not fields.get("system_name"):
        others = selectors.backends_of(tenant)
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "backend")
    backend = Backend(tenant=tenant)
    fill(backend, _with_port(fields), (*_FIELDS, "system_name"))
    backend.save()
    make_hits(backend)
    return backend


def change_endpoint(backend: Backend, private_endpoint: str) -> None:
    """Save another private base URL, without an event."""
    change(backend, _with_port({"private_endpoint": private_endpoint}), _FIELDS)


def _with_port(fields: dict[str, Any]) -> dict[str, Any]:
    given = fields.get("private_endpoint")
    if not given:
        return fields
    try:
        return {**fields, "private_endpoint": private_base_url(str(given).strip())}
    except AddressError as error:
        raise refuse("private_endpoint", str(error)) from error


@transaction.atomic
def update_backend(backend: Backend, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change name, description, or private_endpoint (in force with the next deploy)."""
    before, after = change(backend, _with_port(changes), _FIELDS)
    if after:
        events.append(
            backend.tenant, "backend.updated", backend.pk, by=by, before=before, after=after
        )


@transaction.atomic
def delete_backend(backend: Backend, *, by: Actor) -> None:
    """Remove a backend with its metrics and rules. Refused while a product uses it."""
    lock(backend)
    if backend.usages.exists():
        raise refuse(BASE, "It is used by at least one product")
    tenant, pk = backend.tenant, backend.pk
    before = {"name": backend.name, "system_name": backend.system_name}
    backend.delete()
    events.append(tenant, "backend.deleted", pk, by=by, before=before)


@transaction.atomic
def create_backend_usage(
    product: Product, *, by: Actor, backend: Backend, path: str = "/"
) -> BackendUsage:
    """Answer the product's calls below ``path`` with ``backend``, from the next deploy on.

    A product in a service mesh, or with a code plugin, uses one backend only.
    """
    lock(product)
    lock(backend)
    usage = make_backend_usage(product, backend, path)
    events.append(product.tenant, "backend_usage.created", usage.pk, by=by, after=_described(usage))
    return usage


def make_backend_usage(product: Product, backend: Backend, path: str) -> BackendUsage:
    """Save a usage, without an event."""
    if backend.tenant_id != product.tenant_id:
        raise refuse("backend_api_id", "must belong to the same tenant as the product")
    if not product.has_gateway and product.backend_usages.exists():
        raise refuse(BASE, "Without a gateway, a product uses one backend only")
    usage = BackendUsage(tenant=product.tenant, product=product, backend=backend)
    fill(usage, {"path": _canonical(path)}, ("path",))
    usage.save()
    return usage


@transaction.atomic
def update_backend_usage(usage: BackendUsage, *, by: Actor, path: str) -> None:
    before, after = change(usage, {"path": _canonical(path)}, ("path",))
    if after:
        before |= {"product_id": usage.product_id}
        events.append(
            usage.tenant,
            "backend_usage.updated",
            usage.pk,
            by=by,
            before=before,
            after=_described(usage),
        )


@transaction.atomic
def delete_backend_usage(usage: BackendUsage, *, by: Actor) -> None:
    """Stop using a backend, from the next deploy on."""
    lock(usage)
    tenant, pk, before = usage.tenant, usage.pk, _described(usage)
    usage.delete()
    events.append(tenant, "backend_usage.deleted", pk, by=by, before=before)


def _canonical(path: str) -> str:
    """Start with a slash and end without one; "" is the root."""
    return "/" + "/".join(filter(None, str(path or "").strip().split("/")))


def _described(usage: BackendUsage) -> dict[str, Any]:
    return {"product_id": usage.product_id, "backend_id": usage.backend_id, "path": usage.path}
