"""Products, which this API calls services, and the backends they use."""

from __future__ import annotations

from typing import Any

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    listing,
    showing,
    updating,
)
from tollway.portal.api.params import boolean, integer, text
from tollway.portal.api.resources.catalog import BACKEND_USAGE, SERVICE
from tollway.portal.api.runs import change, find, remove
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import BackendUsage, Product

_SERVICES = "/admin/api/services"
_SERVICE = f"{_SERVICES}/{{id}}"
_USAGES = f"{_SERVICES}/{{service_id}}/backend_usages"
_USAGE = f"{_USAGES}/{{id}}"

_FIELDS = (
    text("description"),
    text("support_email"),
    text("deployment_option"),
    text("backend_version"),
    boolean("intentions_required"),
    boolean("buyers_manage_apps"),
    boolean("buyers_manage_keys"),
    boolean("custom_keys_enabled"),
    boolean("mandatory_app_key"),
    boolean("buyer_key_regenerate_enabled"),
    boolean("buyer_can_select_plan"),
    text("buyer_plan_change_permission"),
    boolean("referrer_filters_required"),
)


def product_of(call: Call, name: str = "service_id") -> Product:
    return find(selectors.products_of(call.tenant), pk=call.id(name))


def _product(call: Call) -> Product:
    return product_of(call, "id")


def _create(call: Call) -> Product:
    return services.create_product(call.tenant, by=call.by, **call.given)


def _usage(call: Call) -> BackendUsage:
    usages = selectors.backend_usages_of(call.tenant, product_of(call))
    return find(usages, pk=call.id())


def _use(call: Call) -> BackendUsage:
    given: dict[str, Any] = {**call.given}
    backend = find(selectors.backends_of(call.tenant), pk=given.pop("backend_api_id"))
    return services.create_backend_usage(product_of(call), by=call.by, backend=backend, **given)


def _move_usage(call: Call) -> BackendUsage:
    usage = _usage(call)
    if "path" in call.given:
        services.update_backend_usage(usage, by=call.by, path=call.given["path"])
    return usage


OPERATIONS: tuple[Operation, ...] = (
    listing(
        _SERVICES,
        "Products",
        SERVICE,
        lambda call: selectors.products_of(call.tenant),
        paginated=True,
    ),
    creating(
        _SERVICES,
        "Create a product, with its metric hits, proxy and service token",
        SERVICE,
        _create,
        params=(text("name", required=True), text("system_name"), *_FIELDS),
        wrapper="service",
    ),
    showing(_SERVICE, "One product", SERVICE, _product),
    updating(
        _SERVICE,
        "Change a product; its system_name is fixed",
        SERVICE,
        change(_product, services.update_product),
        params=(text("name"), *_FIELDS),
        wrapper="service",
    ),
    deleting(
        _SERVICE,
        "Remove a product with all that belongs to it",
        remove(_product, services.delete_product),
    ),
    listing(
        _USAGES,
        "Backends that a product uses, with their paths",
        BACKEND_USAGE,
        lambda call: selectors.backend_usages_of(call.tenant, product_of(call)),
        paginated=True,
    ),
    creating(
        _USAGES,
        "Use a backend below a path",
        BACKEND_USAGE,
        _use,
        params=(integer("backend_api_id", required=True), text("path")),
        wrapper="backend_api_config",
    ),
    showing(_USAGE, "One use of a backend", BACKEND_USAGE, _usage),
    updating(
        _USAGE,
        "Change the path",
        BACKEND_USAGE,
        _move_usage,
        params=(text("path"),),
        wrapper="backend_api_config",
    ),
    deleting(_USAGE, "Stop using a backend", remove(_usage, services.delete_backend_usage)),
)
