"""Fields of accounts, users and applications through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from tollway.portal.api.operations import fields_definitions

pytestmark = pytest.mark.django_db

FIELDS = "/fields_definitions"


def names(api: Api, target: str) -> list[str]:
    fields = [each["fields_definition"] for each in api.json("GET", FIELDS)[FIELDS[1:]]]
    mine = [each for each in fields if each["target"] == target]
    return [each["name"] for each in sorted(mine, key=lambda each: each["position"])]


def test_a_field_is_defined_moved_and_removed(api: Api) -> None:
    body = {"target": "Account", "name": "size", "label": "Size", "choices": ["S", "L"]}
    field = api.json("POST", FIELDS, **body)["fields_definition"]
    assert field == {
        **field, **body, "required": False, "hidden": False, "read_only": False, "position": 2,
    }  # fmt: skip
    one = f"{FIELDS}/{field['id']}"
    moved = api.json("PUT", one, **{**field, "position": 1, "required": True})["fields_definition"]
    assert (moved["position"], moved["required"]) == (1, True)
    assert names(api, "Account") == ["size", "org_name"]
    other = api.json("PUT", one, **{**moved, "target": "Cinstance"})["fields_definition"]
    assert (other["target"], other["position"]) == ("Cinstance", 3)
    api.json("DELETE", one)
    assert api.call("GET", f"{one}.json").status_code == 404
    assert names(api, "Cinstance") == ["name", "description"]


def test_a_field_that_every_account_has_cannot_be_removed(api: Api) -> None:
    first = api.json("GET", FIELDS)[FIELDS[1:]][0]["fields_definition"]
    answer = api.call("DELETE", f"{FIELDS}/{first['id']}.json")
    assert answer.status_code == 403
    assert errors_of(answer) == {"base": ["A required built-in field cannot be deleted"]}


def test_a_required_field_is_asked_for_at_sign_up(api: Api) -> None:
    api.json("POST", FIELDS, target="Account", name="size", label="Size", required=True)
    signup = {"org_name": "New", "username": "newcomer"}
    answer = api.call("POST", "/signup.json", signup)
    assert (answer.status_code, errors_of(answer)) == (422, {"size": ["can't be blank"]})
    made = api.json("POST", "/signup", **signup, size="L")["account"]
    assert made["size"] == "L"
    changed = api.json("PUT", f"/accounts/{made['id']}", **{**made, "org_name": "Newer"})
    assert (changed["account"]["size"], changed["account"]["org_name"]) == ("L", "Newer")


def test_columns_are_shown_once_they_are_defined(api: Api) -> None:
    signup = {"org_name": "New", "username": "newcomer", "city": "Madrid", "vat_rate": "21.5"}
    made = api.json("POST", "/signup", **signup)["account"]
    assert "city" not in made
    for name in ("city", "vat_rate"):
        api.json("POST", FIELDS, target="Account", name=name, label=name)
    told = api.json("GET", f"/accounts/{made['id']}")["account"]
    assert (told["city"], told["vat_rate"]) == ("Madrid", 21.5)
    text = api.call("GET", f"/accounts/{made['id']}.xml").content.decode()
    assert "<city>Madrid</city><extra_fields/>" in text.replace("<vat_rate>21.5</vat_rate>", "")


def test_members_need_the_section_of_settings() -> None:
    assert {row.section for row in fields_definitions.OPERATIONS} == {"settings"}
