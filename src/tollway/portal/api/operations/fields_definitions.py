"""Which fields accounts, users and applications have."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.models import FieldsDefinition
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
from tollway.portal.api.params import boolean, integer, text, texts
from tollway.portal.api.resources.fields_definitions import FIELDS_DEFINITION
from tollway.portal.api.runs import change, find, remove

_ALL = "/admin/api/fields_definitions"
_ONE = f"{_ALL}/{{id}}"
_WRAPPER = "fields_definition"
_FIELDS = (boolean("required"), boolean("hidden"), boolean("read_only"), texts("choices"))


def _definitions(call: Call) -> QuerySet[FieldsDefinition]:
    return selectors.fields_definitions_of(call.tenant)


def _definition(call: Call) -> FieldsDefinition:
    return find(_definitions(call), pk=call.id())


def _create(call: Call) -> FieldsDefinition:
    return services.create_fields_definition(call.tenant, by=call.by, **call.given)


OPERATIONS: tuple[Operation, ...] = in_section(
    "settings",
    (
        listing(
            _ALL, "Fields of accounts, users and applications", FIELDS_DEFINITION, _definitions
        ),
        creating(
            _ALL,
            "Define a field of Account, User or Cinstance (an application)",
            FIELDS_DEFINITION,
            _create,
            params=(
                text("target", required=True),
                text("name", required=True),
                text("label", required=True),
                *_FIELDS,
            ),
            wrapper=_WRAPPER,
        ),
        showing(_ONE, "One field", FIELDS_DEFINITION, _definition),
        updating(
            _ONE,
            "Change a field; position puts it elsewhere among its target's, its name is fixed",
            FIELDS_DEFINITION,
            change(_definition, services.update_fields_definition),
            params=(text("target"), text("label"), integer("position"), *_FIELDS),
            wrapper=_WRAPPER,
        ),
        deleting(
            _ONE,
            "Remove a field; values are kept, and are back once it is defined again",
            remove(_definition, services.delete_fields_definition),
        ),
    ),
)
