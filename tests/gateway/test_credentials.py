"""Credentials are read from the place that the product names, and from nowhere else."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import vectors
from gateway.luajit import Lua, first

lua = Lua()
credentials_lua = lua.module("credentials")

PARTS = {"1": ["user_key"], "2": ["app_id", "app_key"], "oauth": ["access_token"]}


def config(mode: str, location: str) -> dict[str, Any]:
    return {"location": location, "parts": [{"part": p, "name": p} for p in PARTS[mode]]}


def read(config: dict[str, Any], query: str | None, headers: Any, form: str | None) -> Any:
    found = credentials_lua.read(lua.table(config), query, lua.table(headers), form)
    if isinstance(found, tuple):
        assert found == (None, "missing")
        return None
    return dict(found)


@pytest.mark.parametrize("case", vectors("credentials"), ids=lambda c: c["name"])
def test_vectors(case: dict[str, Any]) -> None:
    """``authorization`` in a case is what Basic carries."""
    settings = config(case.get("mode", "1"), case.get("location", "query"))
    headers = case.get("headers", {})
    if "authorization" in case:
        encoded = base64.b64encode(case["authorization"].encode()).decode()
        headers = {"authorization": f"Basic {encoded}"}
    found = read(case.get("config", settings), case.get("query"), headers, case.get("form"))
    assert found == case["found"]


latin = st.text(st.characters(max_codepoint=255))


@given(latin)
def test_what_a_client_encodes_arrives(key: str) -> None:
    query = "user_key=" + quote(key.encode("latin-1"), safe="")
    assert read(config("1", "query"), query, {}, None) == {"user_key": key}


@given(latin.filter(lambda user: ":" not in user), latin)
def test_basic_authorization_carries_any_bytes(user: str, password: str) -> None:
    encoded = base64.b64encode(f"{user}:{password}".encode("latin-1")).decode()
    headers = {"authorization": f"Basic {encoded}"}
    found = read(config("2", "authorization"), None, headers, None)
    assert found == {"app_id": user, "app_key": password}


@given(
    st.sampled_from(["query", "headers", "authorization"]),
    st.none() | latin,
    st.dictionaries(latin, latin | st.lists(latin, min_size=1)),
    st.none() | latin,
)
def test_nothing_that_a_client_sends_breaks_it(
    location: str, query: str | None, headers: Any, form: str | None
) -> None:
    settings = lua.table(config("2", location))
    found = credentials_lua.read(settings, query, lua.table(headers), form)
    assert first(found) is None or set(found) == {"app_id", "app_key"}
