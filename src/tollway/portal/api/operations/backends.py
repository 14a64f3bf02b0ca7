"""Backends: the provider's own APIs, reached at a private base URL."""

from __future__ import annotations

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.params import mapping, text
from tollway.portal.api.resources.catalog import BACKEND
from tollway.portal.api.runs import change, find, remove
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Backend

_BACKENDS = "/admin/api/backend_apis"
_BACKEND = f"{_BACKENDS}/{{id}}"


def backend_of(call: Call, name: str = "backend_api_id") -> Backend:
    return find(selectors.backends_of(call.tenant), pk=call.id(name))


def _backend(call: Call) -> Backend:
    return backend_of(call, "id")


_ROWS: tuple[Operation, ...] = (
    listing(
        _BACKENDS,
        "Backends",
        BACKEND,
        lambda call: selectors.backends_of(call.tenant),
        paginated=True,
    ),
    creating(
        _BACKENDS,
        "Create a backend, with its metric hits",
        BACKEND,
        lambda call: services.create_backend(call.tenant, by=call.by, **call.given),
        params=(
            text("name", required=True),
            text("system_name"),
            text("description"),
            text("private_endpoint", required=True),
            mapping("annotations"),
        ),
        wrapper="backend_api",
    ),
    showing(_BACKEND, "One backend", BACKEND, _backend),
    updating(
        _BACKEND,
        "Change a backend; its system_name is fixed",
        BACKEND,
        change(_backend, services.update_backend),
        params=(
            text("name"),
            text("description"),
            text("private_endpoint"),
            mapping("annotations"),
        ),
        wrapper="backend_api",
    ),
    deleting(
        _BACKEND,
        "Remove a backend that no product uses",
        remove(_backend, services.delete_backend),
    ),
)

OPERATIONS = in_section("plans", _ROWS)
