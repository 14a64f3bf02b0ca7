"""Documents are held against the schema of the version that they say they are written in."""

from __future__ import annotations

from typing import Any

import pytest

from portal.apidocs.texts import OPERATION, openapi, swagger
from tollway.portal.apidocs.checking import FAULTS_MAX, faults_of, version_of

WELL = [
    openapi("3.0.0"),
    openapi("3.0.3"),
    openapi("3.1.0"),
    openapi("3.1.1", webhooks={}),
    swagger(),
    swagger(host="api.example", basePath="/v1", schemes=["https"]),
]


@pytest.mark.parametrize("document", WELL, ids=version_of)
def test_a_good_document_has_no_fault(document: dict[str, Any]) -> None:
    assert faults_of(document) == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"openapi": "3.2.0"},
        {"openapi": "2.0"},
        {"openapi": "3.0.3.1"},
        {"openapi": 3},
        {"swagger": "3.0.0"},
        {"swagger": ["2.0"]},
    ],
    ids=str,
)
def test_a_document_says_what_it_is_written_in(document: dict[str, Any]) -> None:
    ((path, message),) = [(fault.path, fault.message) for fault in faults_of(document)]
    assert (path, message[:20]) == ((), "must say what it is:")


def test_swagger_1_is_told_apart() -> None:
    (fault,) = faults_of({"swaggerVersion": "1.2", "apis": []})
    assert fault.message.startswith("Swagger 1.2 is not read")


def of(path: dict[str, Any]) -> dict[str, Any]:
    return openapi(paths={"/a": path})


SCHEMA = {"type": "strin"}
CONTENT = {"a/b": {"schema": SCHEMA}}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (openapi(info={"title": "x"}), ("info",), '"version" is a required property'),
        (openapi("3.1.0", info={"title": "x"}), ("info",), '"version" is a required property'),
        (swagger(info={"title": "x"}), ("info",), '"version" is a required property'),
        (openapi(paths={"a": {}}), ("paths",), "('a' was unexpected)"),
        (of({"gett": {}}), ("paths", "/a"), "('gett' was unexpected)"),
        (
            of({"get": {"responses": {"200": {"description": 1}}}}),
            ("paths", "/a", "get", "responses", "200", "description"),
            '1 is not of type "string"',
        ),
        (
            of({"get": {"responses": {"200": {"description": "", "content": CONTENT}}}}),
            ("paths", "/a", "get", "responses", "200", "content", "a/b", "schema", "type"),
            '"strin" is not one of',
        ),
        (
            of({**OPERATION, "parameters": [{"in": "query"}]}),
            ("paths", "/a", "parameters", "0"),
            '"name" is a required property',
        ),
    ],
)
def test_a_fault_is_told_where_it_is(
    document: dict[str, Any], path: tuple[str, ...], message: str
) -> None:
    fault = faults_of(document)[0]
    assert fault.path == path
    assert message in fault.message


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/x-all/There", ""),
        ("#/x-all/A~1b~0c", ""),
        ("#/x-all/A%20d", ""),
        ("#/x-all/List/0", ""),
        ("#", ""),
        ("#/x-all/List/1", "does not exist"),
        ("#/x-all/No", "does not exist"),
        ("#/x-all/There/x", "does not exist"),
        ("https://evil.example/schema.json", "is elsewhere, and nothing is fetched"),
        ("file:///etc/passwd", "is elsewhere, and nothing is fetched"),
        ("other.yaml#/x", "is elsewhere, and nothing is fetched"),
        ("//evil.example/x", "is elsewhere, and nothing is fetched"),
    ],
)
def test_references_lead_to_what_is_in_the_document(reference: str, message: str) -> None:
    answer = {"description": "", "content": {"a/b": {"schema": {"$ref": reference}}}}
    known: Any = {"There": {}, "A/b~c": {}, "A d": {}, "List": [{}]}
    paths = {"/a": {"get": {"responses": {"200": answer}}}}
    found = faults_of({**openapi(paths=paths), "x-all": known})
    assert [fault.message for fault in found] == ([f'"{reference}" {message}'] if message else [])
    assert not found or found[0].path[-1] == "$ref"


def test_a_value_that_looks_like_a_reference_is_none() -> None:
    shown = {"description": "", "content": {"a/b": {"example": {"$ref": "https://x.example"}}}}
    assert faults_of(openapi(paths={"/a": {"get": {"responses": {"200": shown}}}})) == []


def test_no_more_is_told_than_somebody_would_read() -> None:
    document = openapi(paths={f"/{i}": {"get": {}} for i in range(100)})
    found = faults_of(document)
    assert len(found) == FAULTS_MAX
    assert all(len(fault.message) <= 201 for fault in found)


def test_a_tenants_expression_is_not_tried() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$", "default": "a" * 64 + "!"}
    assert faults_of(openapi(components={"schemas": {"Slow": schema}})) == []
