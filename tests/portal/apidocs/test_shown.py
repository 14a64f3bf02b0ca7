"""Developers get a document whose calls go through the gateway, with its credentials."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.apidocs.texts import OPERATION, openapi, swagger
from tollway.portal.apidocs.checking import faults_of
from tollway.portal.apidocs.shown import Door, Fill, through

GATEWAY = "http://api-2.gateway.localhost:8081"
BY_QUERY = Door(GATEWAY, "query", ("user_key",))
BY_HEADERS = Door(GATEWAY, "headers", ("app_id", "app_key"))
BY_BASIC = Door(GATEWAY, "authorization", ("app_id", "app_key"))
BY_TOKEN = Door(GATEWAY, "headers", ())
DOORS = [BY_QUERY, BY_HEADERS, BY_BASIC, BY_TOKEN]


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        (None, GATEWAY),
        ([], GATEWAY),
        ([{"url": "/"}], GATEWAY),
        ([{"url": "https://internal.example:8443"}], GATEWAY),
        (
            [{"url": "https://internal.example/v1/"}, {"url": "https://b.example/v2"}],
            f"{GATEWAY}/v1",
        ),
        ([{"url": "/v1"}], f"{GATEWAY}/v1"),
        ([{"url": "https://["}], GATEWAY),
    ],
)
def test_calls_go_to_the_gateway_below_the_path_that_was_written(servers: Any, url: str) -> None:
    document = openapi(**({} if servers is None else {"servers": servers}))
    assert through(document, BY_QUERY).document["servers"] == [{"url": url}]


def test_variables_of_the_path_stay() -> None:
    variables = {"region": {"default": "eu"}, "v": {"default": "1"}}
    server = {"url": "https://{region}.example/v{v}", "variables": variables}
    shown = through(openapi(servers=[server]), BY_QUERY).document
    assert shown["servers"] == [{"url": f"{GATEWAY}/v{{v}}", "variables": {"v": {"default": "1"}}}]


def test_paths_and_operations_have_no_server_of_their_own() -> None:
    elsewhere = [{"url": "https://internal.example"}]
    paths = {"/v1": {"servers": elsewhere, "get": {**OPERATION["get"], "servers": elsewhere}}}
    shown = through(openapi(paths=paths), BY_TOKEN).document
    assert shown["paths"] == {"/v1": OPERATION}


def test_swagger_2_keeps_its_base_path() -> None:
    paths = {"/v1": {"get": {**OPERATION["get"], "schemes": ["wss"]}}}
    document = swagger(host="internal.example", basePath="/b", schemes=["https"], paths=paths)
    shown = through(document, BY_TOKEN).document
    assert shown == {
        **swagger(), "host": "api-2.gateway.localhost:8081", "basePath": "/b", "schemes": ["http"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("door", "schemes", "fills"),
    [
        (
            BY_QUERY,
            {"user_key": {"type": "apiKey", "in": "query", "name": "user_key"}},
            (Fill("user_key", False, ("user_key",)),),
        ),
        (
            BY_HEADERS,
            {
                "app_id": {"type": "apiKey", "in": "header", "name": "app_id"},
                "app_key": {"type": "apiKey", "in": "header", "name": "app_key"},
            },
            (Fill("app_id", False, ("app_id",)), Fill("app_key", False, ("app_key",))),
        ),
        (
            BY_BASIC,
            {"app_id": {"type": "http", "scheme": "basic"}},
            (Fill("app_id", True, ("app_id", "app_key")),),
        ),
    ],
)
def test_credentials_are_schemes_that_every_operation_asks_for(
    door: Door, schemes: dict[str, Any], fills: tuple[Fill, ...]
) -> None:
    shown = through(openapi(), door)
    assert shown.document["components"]["securitySchemes"] == schemes
    assert shown.document["security"] == [{name: [] for name in schemes}]
    assert shown.fills == fills
    old = through(swagger(), door)
    basic = {"app_id": {"type": "basic"}}
    assert old.document["securityDefinitions"] == (basic if door == BY_BASIC else schemes)
    assert old.fills == fills


def test_a_scheme_that_the_document_has_is_taken_and_another_of_its_name_is_left_alone() -> None:
    own = {"key": {"type": "apiKey", "in": "query", "name": "User_Key"}}
    shown = through(openapi(components={"securitySchemes": own}), BY_QUERY)
    assert shown.document["components"]["securitySchemes"] == own
    assert shown.fills == (Fill("key", False, ("user_key",)),)
    other = {"user_key": {"type": "http", "scheme": "bearer"}}
    shown = through(openapi(components={"securitySchemes": other}), BY_QUERY)
    assert shown.fills == (Fill("user_key_2", False, ("user_key",)),)
    assert shown.document["components"]["securitySchemes"]["user_key"] == other["user_key"]


def test_what_an_operation_asks_for_itself_is_asked_for_as_well() -> None:
    asks = {**OPERATION["get"], "security": [{"oauth": ["read"]}]}
    free = {**OPERATION["get"], "security": []}
    document = openapi(security=[{"oauth": []}], paths={"/a": {"get": asks, "post": free}})
    shown = through(document, BY_QUERY).document
    assert shown["security"] == [{"oauth": [], "user_key": []}]
    assert shown["paths"]["/a"]["get"]["security"] == [{"oauth": ["read"], "user_key": []}]
    assert shown["paths"]["/a"]["post"]["security"] == [{"user_key": []}]


def test_parameters_that_carry_credentials_are_not_asked_for_again() -> None:
    key = {"name": "USER_KEY", "in": "query", "required": True, "schema": {"type": "string"}}
    other = {"name": "user_key", "in": "header", "schema": {"type": "string"}}
    shared = {"$ref": "#/components/parameters/key"}
    operation = {**OPERATION["get"], "parameters": [key, shared, other]}
    document = openapi(
        paths={"/a": {"parameters": [key], "get": operation}},
        components={"parameters": {"key": key}},
    )
    shown = through(document, BY_QUERY).document["paths"]["/a"]
    assert (shown["parameters"], shown["get"]["parameters"]) == ([], [other])


def test_the_document_that_was_given_is_not_changed() -> None:
    key = {"name": "user_key", "in": "query", "schema": {"type": "string"}}
    document = openapi(paths={"/a": {"get": {**OPERATION["get"], "parameters": [key]}}})
    before = msgspec.json.encode(document)
    through(document, BY_QUERY)
    assert msgspec.json.encode(document) == before


@pytest.mark.parametrize("door", DOORS, ids=str)
@pytest.mark.parametrize("document", [openapi(), openapi("3.1.0"), swagger()])
def test_a_good_document_stays_one(document: dict[str, Any], door: Door) -> None:
    assert faults_of(through(document, door).document) == []


WORDS = [
    "paths", "servers", "get", "parameters", "security", "$ref", "components", "swagger", "url",
    "securitySchemes", "in", "name", "#/paths", "variables",
]  # fmt: skip
anything = st.recursive(
    st.none() | st.integers() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(WORDS), anything), st.sampled_from(DOORS))
def test_a_document_that_nobody_checked_is_shown_too(document: dict[str, Any], door: Door) -> None:
    through(document, door)
