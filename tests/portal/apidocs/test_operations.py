"""What a document describes becomes kinds of calls that rules can count, each once."""

from __future__ import annotations

from typing import Any

import pytest

from portal.apidocs.texts import openapi, swagger
from tollway.core.rules import parse_pattern
from tollway.portal.apidocs.operations import OPERATIONS_MAX, operations_of

GET = {"get": {"operationId": "listPets", "summary": "List  all\npets"}}


def told(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each.key, each.system_name, each.name) for each in operations_of(document)]


def test_each_operation_has_a_whole_path_and_names() -> None:
    paths = {
        "/pets": {**GET, "post": {}, "parameters": []},
        "/pets/{pet-id}/{pet id}": {"delete": {"operationId": "remove pet!"}},
    }
    assert told(openapi(paths=paths)) == [
        ("GET /pets$", "listPets", "List all pets"),
        ("POST /pets$", "post_pets", "POST /pets"),
        ("DELETE /pets/{pet_id}/{pet_id_2}$", "remove_pet", "remove pet!"),
    ]


BASES = {
    "/v2": openapi(servers=[{"url": "https://api.example.com/v2/"}]),
    "/eu/v3": openapi(servers=[{"url": "/{zone}/v3", "variables": {"zone": {"default": "eu"}}}]),
    "/old": swagger(basePath="/old"),
    "": openapi(servers=["no server", {"url": "https://[broken/v1"}]),
}


@pytest.mark.parametrize(("base", "document"), BASES.items())
def test_paths_stand_below_the_first_address(base: str, document: dict[str, Any]) -> None:
    [(key, _, _)] = told(document | {"paths": {"/pets": GET}})
    assert key == f"GET {base}/pets$"
    parse_pattern(key.removeprefix("GET "))


HOSTILE: list[Any] = [None, [], {"/x": None}, {"/x": {"get": []}}, {"/x": {"get": "GET"}}]


@pytest.mark.parametrize("paths", HOSTILE, ids=repr)
def test_what_is_no_operation_is_passed_over(paths: object) -> None:
    assert told(openapi(paths=paths, servers="here")) == []


def test_names_are_told_apart_short_and_not_too_many() -> None:
    same = {"operationId": "same" * 200, "summary": "a\0b" * 200}
    paths = {f"/{number}": {"get": same} for number in range(OPERATIONS_MAX + 5)}
    found = operations_of(openapi(paths=paths))
    assert len(found) == len({each.system_name for each in found}) == OPERATIONS_MAX
    assert max(len(each.system_name) for each in found) <= 255
    assert "\0" not in found[0].name
    twice = {"/a/{x}": {"get": same}, "/a/{x}$": {}, "/a/": {"get": {"operationId": "日本"}}}
    assert [each.key for each in operations_of(openapi(paths=twice))] == ["GET /a/{x}$", "GET /a/$"]
    assert operations_of(openapi(paths=twice))[1].system_name == "get"


def test_what_is_known_leaves_room_for_the_rest_under_the_same_names() -> None:
    same = {"get": {"operationId": "same"}}
    paths = {f"/{number}": same for number in range(OPERATIONS_MAX + 5)}
    first = operations_of(openapi(paths=paths))
    both = operations_of(openapi(paths=paths), {each.key for each in first})
    assert both[:OPERATIONS_MAX] == first
    assert [each.system_name for each in both[-5:]] == [
        f"same_{number}" for number in range(OPERATIONS_MAX + 1, OPERATIONS_MAX + 6)
    ]
