"""Requests become fields: query, form, multipart and JSON, flat, nested and wrapped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from tollway.portal.api.body import (
    DEPTH_MAX,
    NESTING_MAX,
    UnreadableBody,
    fields_of,
    nest,
    unwrap,
)

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BOUNDARY = "----b"
DEEP: list[Any] = []
for _ in range(DEPTH_MAX - 3):
    DEEP = [DEEP]
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def multipart(**fields: str) -> str:
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--{BOUNDARY}--\r\n"


def request(
    method: str = "POST", query: str = "", body: str | bytes = "", content_type: str = JSON
) -> WSGIRequest:
    return RequestFactory().generic(method, f"/x?{query}", body, content_type=content_type)


READ: list[tuple[str, WSGIRequest, dict[str, Any]]] = [
    ("query", request(query="a=1&b=2"), {"a": "1", "b": "2"}),
    ("form", request(body="a=1&b[c]=2", content_type=FORM), {"a": "1", "b": {"c": "2"}}),
    ("form on PUT", request("PUT", body="a=1", content_type=FORM), {"a": "1"}),
    ("form on DELETE", request("DELETE", body="a=1", content_type=FORM), {"a": "1"}),
    ("form with a charset", request(body="a=%C3%A9", content_type=f"{FORM}; charset=utf-8"),
     {"a": "é"}),
    ("JSON", request(body='{"a": 1, "b": {"c": [true, null]}}'),
     {"a": 1, "b": {"c": [True, None]}}),
    ("JSON on GET", request("GET", body='{"a": 1}'), {"a": 1}),
    ("JSON on DELETE", request("DELETE", body='{"a": 1}'), {"a": 1}),
    ("JSON null", request(body="null"), {}),
    ("JSON with a charset", request(body='{"a": "é"}', content_type=f"{JSON}; charset=utf-8"),
     {"a": "é"}),
    ("multipart", request(body=multipart(a="1", b="x y"), content_type=MULTIPART),
     {"a": "1", "b": "x y"}),
    ("multipart on PUT", request("PUT", body=multipart(a="1"), content_type=MULTIPART), {"a": "1"}),
    ("body over query", request(query="a=1&c=3", body='{"a": 2}'), {"a": 2, "c": "3"}),
    ("JSON as deep as may be", request(body='{"a":' + "[" * (DEPTH_MAX - 2) + "]" * (DEPTH_MAX - 2)
     + "}"), {"a": DEEP}),
    ("no body, odd type", request(body="", content_type="text/csv"), {}),
]  # fmt: skip

UNREADABLE: list[tuple[str, WSGIRequest, str]] = [
    ("cut off", request(body='{"a": '), "the body is not JSON"),
    ("a list", request(body="[1]"), "the body must be a JSON object"),
    ("not UTF-8", request(body=b'{"a": "\xff"}'), "the body is not JSON"),
    ("another type", request(body="a,b", content_type="text/csv"), "'text/csv'"),
    ("no boundary", request(body="x", content_type="multipart/form-data"), "is not multipart"),
    (
        "deep JSON",
        request(body='{"a":' * (DEPTH_MAX + 1) + "1" + "}" * (DEPTH_MAX + 1)),
        "nests deeper than 64",
    ),
    ("deeper than any parser goes", request(body='{"a":' * 100_000), "nests deeper than 64"),
    ("too deep", request(query="a" + "[b]" * (NESTING_MAX + 1) + "=1"), "nests too deep"),
]


@pytest.mark.parametrize(("sent", "fields"), [r[1:] for r in READ], ids=[r[0] for r in READ])
def test_fields_are_found_wherever_they_are(sent: WSGIRequest, fields: dict[str, Any]) -> None:
    assert fields_of(sent) == fields


@pytest.mark.parametrize(
    ("sent", "message"), [r[1:] for r in UNREADABLE], ids=[r[0] for r in UNREADABLE]
)
def test_what_cannot_be_read_says_why(sent: WSGIRequest, message: str) -> None:
    with pytest.raises(UnreadableBody, match=message):
        fields_of(sent)


NAMES: list[tuple[list[tuple[str, str]], dict[str, Any]]] = [
    ([("a", "1")], {"a": "1"}),
    ([("a", "1"), ("a", "2")], {"a": "2"}),
    ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
    ([("a[]", "[]")], {"a": ["[]"]}),
    ([("a[b][]", "1")], {"a": {"b": ["1"]}}),
    ([("a[b][c]", "1"), ("a[b][d]", "2")], {"a": {"b": {"c": "1", "d": "2"}}}),
    ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
    ([("a[b", "1"), ("[]", "2")], {"a[b": "1", "[]": "2"}),
    ([("a[][]", "1")], {"a": ["1"]}),
]


@pytest.mark.parametrize(("pairs", "fields"), NAMES)
def test_names_of_a_form_nest(pairs: list[tuple[str, str]], fields: dict[str, Any]) -> None:
    assert nest(pairs) == fields


def test_fields_stand_flat_or_wrapped() -> None:
    assert unwrap({"name": "x"}, "service")["name"] == "x"
    assert unwrap({"service": {"name": "x"}}, "service")["name"] == "x"
    assert unwrap({"name": "y", "service": {"name": "x"}}, "service")["name"] == "x"
    assert unwrap({"service": "x"}, "service") == {"service": "x"}
    assert json.dumps(unwrap({"a": 1}, "")) == '{"a": 1}'
