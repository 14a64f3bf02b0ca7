"""The shape of a field's definition."""

from __future__ import annotations

from tollway.portal.api.resource import TIMES, Resource

FIELDS_DEFINITION = Resource(
    "fields_definition",
    "fields_definitions",
    json=(
        "id", "target", "name", "label", "required", "hidden", "read_only", "choices", "position",
        *TIMES,
    ),
)  # fmt: skip
