"""JSON Schemas of what the API takes and gives, from the rows' parameters and resources.

The fields are 3scale's, and there a name means one thing: a field's type follows from its name,
through the table and the endings below, unless its ``Resource`` knows better (``types``). That the
real answers agree is for ``tests/portal/api/test_rows.py`` to say, row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tollway.portal.api.params import Param
from tollway.portal.api.resource import Resource

Schema = Mapping[str, Any]

_TIME: Schema = {"type": "string", "format": "date-time"}

TYPES: Mapping[str, Schema] = {
    "text": {"type": "string"},
    "text or null": {"type": ["string", "null"]},
    "integer": {"type": "integer"},
    "integer or null": {"type": ["integer", "null"]},
    "integers": {"type": "array", "items": {"type": "integer"}},
    "integers or null": {"type": ["array", "null"], "items": {"type": "integer"}},
    "number": {"type": "number"},
    "number or null": {"type": ["number", "null"]},
    "boolean": {"type": "boolean"},
    "boolean or null": {"type": ["boolean", "null"]},
    "time": _TIME,
    "time or null": {**_TIME, "type": ["string", "null"]},
    "list": {"type": "array", "items": {"type": "string"}},
    "objects": {"type": "array", "items": {"type": "object"}},
    "mapping": {"type": "object"},
}

_BY_NAME: Mapping[str, str] = {
    **dict.fromkeys(("created_at", "updated_at"), "time"),
    **dict.fromkeys(("id", "position", "delta", "version", "lock_version"), "integer"),
    **dict.fromkeys(("trial_period_days", "cancellation_period"), "integer"),
    **dict.fromkeys(("min", "max"), "integer or null"),
    # What developers call with.
    **dict.fromkeys(("application_id", "client_id", "auth_app_id"), "text or null"),
    **dict.fromkeys(("setup_fee", "cost_per_month"), "number"),
    **dict.fromkeys(
        (
            "last", "custom", "default", "enabled", "visible", "required", "hidden", "read_only",
            "buyers_manage_apps", "buyers_manage_keys", "buyer_can_select_plan",
            "mandatory_app_key", "credit_card_stored", "hide_service", "public_search",
            "enforce_sso",
        ),
        "boolean",
    ),
    **dict.fromkeys(
        ("annotations", "extra_fields", "content", "notification_settings"), "mapping"
    ),
    **dict.fromkeys(("scopes", "choices", "allowed_sections"), "list"),
    "policies_config": "objects",
    "api_test_success": "boolean or null",
    "allowed_service_ids": "integers or null",
}  # fmt: skip
_BY_ENDING: Mapping[str, str] = {
    "_id": "integer or null",
    "_at": "time or null",
    "_enabled": "boolean",
    "_required": "boolean",
    "_visible": "boolean",
}


def of_field(resource: Resource, name: str) -> Schema:
    """Return the schema of one field of an answer in JSON."""
    named = resource.types.get(name) or _BY_NAME.get(name)
    if named is None and name.startswith("error_status_"):
        named = "integer"
    if named is None:
        named = next((t for end, t in _BY_ENDING.items() if name.endswith(end)), "text or null")
    return TYPES[named]


def of_param(param: Param) -> Schema:
    """Return the schema of one parameter. A form's text is read as what its kind says."""
    schema = TYPES[param.kind]
    if param.nullable and isinstance(schema["type"], str):
        return {**schema, "type": [schema["type"], "null"]}
    return schema


def of_entity(resource: Resource) -> Schema:
    """Return the schema of ``{entity: {..}}``, as each element of a list is, too."""
    properties = {name: of_field(resource, name) for name in resource.json}
    if resource.links:
        properties["links"] = TYPES["objects"]
    required = [name for name in properties if name not in resource.when]
    fields = {"type": "object", "properties": properties, "required": required}
    return {
        "type": "object",
        "properties": {resource.entity: fields},
        "required": [resource.entity],
    }


def of_xml_entity(resource: Resource) -> Schema:
    """Return the schema of the XML element: other names than JSON's, and all of it text."""
    text = TYPES["text"]
    return {
        "type": "object",
        "xml": {"name": resource.xml_root},
        "properties": {
            **{name: {**text, "xml": {"attribute": True}} for name in resource.xml_attributes},
            **{name: text for name in resource.xml or () if name not in resource.xml_attributes},
        },
    }


def of_list(resource: Resource, entity: Schema, *, paginated: bool) -> Schema:
    """Return the schema of a list of ``entity``; more than one page has ``metadata``."""
    items = {"type": "array", "items": entity}
    if not resource.collection:
        return items
    properties: dict[str, Schema] = {resource.collection: items}
    if paginated:
        properties["metadata"] = TYPES["mapping"]
    return {"type": "object", "properties": properties, "required": [resource.collection]}


def of_xml_list(resource: Resource, entity: Schema) -> Schema:
    return {
        "type": "array",
        "xml": {"name": resource.xml_list_root, "wrapped": True},
        "items": entity,
    }
