"""A field's type follows from its name, unless its resource knows better."""

from __future__ import annotations

import pytest

from tollway.portal.api import params, schemas
from tollway.portal.api.resource import Resource

SHAPE = Resource(
    "thing", "things", json=("id", "name", "value"), xml=("name",),
    xml_attributes={"custom": bool}, types={"value": "integer"}, when={"name": bool},
    links={"self": str},
)  # fmt: skip

FIELDS: list[tuple[str, object]] = [
    ("id", "integer"),
    ("plan_id", ["integer", "null"]),
    ("client_id", ["string", "null"]),
    ("created_at", "string"),
    ("deployed_at", ["string", "null"]),
    ("signups_enabled", "boolean"),
    ("error_status_no_match", "integer"),
    ("setup_fee", "number"),
    ("annotations", "object"),
    ("anything_else", ["string", "null"]),
    ("value", "integer"),  # says the resource
]


@pytest.mark.parametrize(("name", "wanted"), FIELDS)
def test_a_name_has_a_type(name: str, wanted: object) -> None:
    assert schemas.of_field(SHAPE, name)["type"] == wanted


def test_an_entity_lacks_only_what_it_may_lack() -> None:
    told = schemas.of_entity(SHAPE)
    assert told["required"] == ["thing"]
    fields = told["properties"]["thing"]
    assert list(fields["properties"]) == ["id", "name", "value", "links"]
    assert fields["required"] == ["id", "value", "links"]


def test_xml_has_names_and_attributes_of_its_own() -> None:
    told = schemas.of_xml_entity(SHAPE)
    assert told["xml"] == {"name": "thing"}
    assert told["properties"]["custom"]["xml"] == {"attribute": True}
    assert "xml" not in told["properties"]["name"]


def test_every_kind_of_parameter_has_a_schema() -> None:
    for param in (
        params.text("p"), params.integer("p"), params.number("p"), params.boolean("p"),
        params.moment("p"), params.texts("p"), params.integers("p"), params.mapping("p"),
    ):  # fmt: skip
        assert schemas.of_param(param)["type"]
    assert schemas.of_param(params.integer("p", nullable=True))["type"] == ["integer", "null"]
