"""Defining fields: what may be, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts.fields_definitions import definitions_of
from tollway.portal.accounts.models import FieldsDefinition
from tollway.portal.accounts.services import fields_definitions as services
from tollway.portal.events.selectors import events_of


def define(provider: Provider, name: str, **fields: Any) -> FieldsDefinition:
    fields = {"target": "Account", "label": name.title(), **fields}
    return services.create_fields_definition(provider.tenant, by=BY, name=name, **fields)


def names(provider: Provider, target: str = "Account") -> list[str]:
    return [row.name for row in definitions_of(provider.tenant, target)]


def errors_of(service: Any, *args: Any, **fields: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as failed:
        service(*args, by=BY, **fields)
    return failed.value.message_dict


def test_a_field_is_the_last_of_its_target(acme: Provider) -> None:
    first, second = define(acme, "size"), define(acme, "telephone_number")
    assert (first.position, second.position) == (2, 3)
    assert names(acme) == ["org_name", "size", "telephone_number"]
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.after["name"]) == ("fields_definition.created", "telephone_number")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": "1st"}, {"name": [
            "must start with a letter and have letters, digits, _, - and : only"
        ]}),
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"name": "org_name"}, {"name": ["has already been taken"]}),
        ({"name": "state"}, {"name": ["is reserved"]}),
        ({"target": "Plan"}, {"target": ["is not included in the list"]}),
        ({"label": ""}, {"label": ["can't be blank"]}),
        ({"choices": ["a", "a"]}, {"choices": ["must differ from one another"]}),
        ({"choices": ["a", " "]}, {"choices": ["are invalid"]}),
        ({"choices": "a"}, {"choices": ["are invalid"]}),
        ({"required": True, "hidden": True}, {"hidden": ["is not possible for a required field"]}),
        ({"required": True, "read_only": True}, {
            "read_only": ["is not possible for a required field"]
        }),
    ],
)  # fmt: skip
def test_what_a_field_cannot_be_is_named(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    given = {"target": "Account", "name": "size", "label": "Size", **fields}
    assert errors_of(services.create_fields_definition, acme.tenant, **given) == errors


def test_one_name_is_free_in_each_target_and_tenant(acme: Provider, globex: Provider) -> None:
    for provider in (acme, globex):
        for target in FieldsDefinition.Target.values:
            define(provider, "size", target=target)
            assert "size" in names(provider, target)


def test_a_field_is_put_where_it_is_wanted(acme: Provider) -> None:
    for name in ("one", "two", "three"):
        define(acme, name)
    rows = {row.name: row for row in definitions_of(acme.tenant, "Account")}
    for moved, position, order in (
        ("three", 1, ["three", "org_name", "one", "two"]),
        ("three", 3, ["org_name", "one", "three", "two"]),
        ("org_name", 99, ["one", "three", "two", "org_name"]),
        ("two", 0, ["two", "one", "three", "org_name"]),
    ):
        services.update_fields_definition(rows[moved], by=BY, position=position)
        assert names(acme) == order
        positions = [row.position for row in definitions_of(acme.tenant, "Account")]
        assert positions == [1, 2, 3, 4]


def test_a_field_of_one_s_own_moves_to_another_target(acme: Provider) -> None:
    row = define(acme, "size")
    services.update_fields_definition(row, by=BY, target="User", position=1, label="Shirt")
    assert names(acme) == ["org_name"]
    assert names(acme, "User") == ["username", "email", "first_name", "last_name", "size"]
    city = define(acme, "city")
    wrong = errors_of(services.update_fields_definition, city, target="User")
    assert wrong == {"target": ["cannot be changed for a built-in field"]}


def test_mandatory_fields_stay_as_they_are(acme: Provider) -> None:
    row = definitions_of(acme.tenant, "Account")[0]
    wrong = errors_of(services.update_fields_definition, row, required=False)
    assert wrong == {"required": ["cannot be changed for this field"]}
    assert errors_of(services.delete_fields_definition, row) == {
        "base": ["A required built-in field cannot be deleted"]
    }
    services.update_fields_definition(row, by=BY, label="Company", required=True)


def test_a_field_is_removed(acme: Provider) -> None:
    services.delete_fields_definition(definitions_of(acme.tenant, "User")[-1], by=BY)
    assert names(acme, "User") == ["username", "email", "first_name"]
