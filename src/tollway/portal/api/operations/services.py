"""Products, which this API calls services, and the backends they use."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from tollway.portal.api.operation import (
    Call,
    Failure,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.params import boolean, integer, mapping, text
from tollway.portal.api.resources.catalog import BACKEND_USAGE, SERVICE
from tollway.portal.api.runs import find, remove
from tollway.portal.applications.services import update_product
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import BackendUsage, Product
from tollway.portal.plans.services import create_product

M = TypeVar("M", bound=Model)

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
    text("terms"),
    text("txt_support"),
    mapping("annotations"),
    mapping("notification_settings"),
    text("state_event"),
)


def allowed(call: Call, rows: QuerySet[M], product: str = "product") -> QuerySet[M]:
    """Keep rows of products that the caller may see: a member may be limited to some.

    ``product`` is the lookup that leads from a row to its product.
    """
    user = call.caller.user
    ids = None if user is None else user.allowed_products()
    return rows if ids is None else rows.filter(**{f"{product}__in": ids})


def products_of(call: Call) -> QuerySet[Product]:
    return allowed(call, selectors.products_of(call.tenant), "pk")


def product_of(call: Call, name: str = "service_id") -> Product:
    return find(products_of(call), pk=call.id(name))


def _product(call: Call) -> Product:
    return product_of(call, "id")


def _create(call: Call) -> Product | Failure:
    user = call.caller.user
    if user is not None and user.allowed_products() is not None:
        return Failure(403, "You may not add products")  # they would not see it
    return create_product(call.tenant, by=call.by, **_fields(call))


def _update(call: Call) -> Product:
    product = _product(call)
    update_product(product, by=call.by, **_fields(call))
    return product


def _fields(call: Call) -> dict[str, Any]:
    """Read levels of alerts as numbers: forms send texts, and an empty list as one empty text."""
    given = {**call.given}
    settings = given.get("notification_settings")
    if settings is not None:
        given["notification_settings"] = {name: _levels(settings[name]) for name in settings}
    return given


def _levels(value: object) -> object:
    levels = value if isinstance(value, list) else [value]
    return [
        int(level) if isinstance(level, str) and level.isdecimal() else level
        for level in levels
        if level not in ("", None)
    ]


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


_ROWS: tuple[Operation, ...] = (
    listing(
        _SERVICES,
        "Products",
        SERVICE,
        products_of,
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
        _update,
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

OPERATIONS = in_section("plans", _ROWS)
