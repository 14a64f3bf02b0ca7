"""The gateway matches what ``core.rules`` compiles, and means the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import vectors
from gateway.luajit import LUA, Lua
from tollway.core.rules import Rule, compile_rules, escape, match

lua = Lua()
rules_lua = lua.module("rules")


def lua_match(rules: list[Rule], method: str, path: str, **kw: str) -> tuple[dict[str, int], Any]:
    matcher = rules_lua.load(lua.table(msgspec.to_builtins(compile_rules(rules))))
    arguments = (kw.get(name) for name in ("query", "form", "backend"))
    usage, patterns = rules_lua.match(matcher, method, path, *arguments)
    return dict(usage or {}), tuple(patterns.values())


@pytest.mark.parametrize("case", vectors("rules"), ids=lambda c: c["name"])
def test_vectors(case: dict[str, Any]) -> None:
    plain = {"method": "GET", "metric": "hits"}
    rules = [msgspec.convert(plain | rule, Rule) for rule in case["rules"]]
    for call in case["calls"]:
        arguments = {k: call[k] for k in ("query", "form", "backend") if k in call}
        usage, patterns = lua_match(rules, call.get("method", "GET"), call["path"], **arguments)
        assert usage == call.get("usage", {}), call
        if "patterns" in call:
            assert list(patterns) == call["patterns"], call


def text(*pieces: str, most: int = 8) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=most).map("".join)


rule = st.builds(
    Rule,
    method=st.sampled_from(["GET", "POST", "ANY"]),
    pattern=text("/", "a", "b", "ab", "{x}", "{y}", ".", "%61", "|", "$").map("/{}".format),
    metric=st.sampled_from(["hits", "other"]),
    delta=st.integers(-1, 3),
    last=st.sampled_from([False, False, True]),
    query=st.dictionaries(
        st.sampled_from(["x", "y"]), st.sampled_from(["", "a", "a%20b", "{v}"]), max_size=1
    ),
    backend=st.sampled_from(["", "7", "8"]),
)
arguments = text("x", "y", "=", "&", "a", "+", "%20", "%", "b", most=12)


@given(
    rules=st.lists(rule, max_size=10),
    method=st.sampled_from(["GET", "POST", "PURGE"]),
    path=text("/", "a", "b", "ab", " ", ".", "|", "$", most=10).map(lambda p: escape("/" + p)),
    query=arguments,
    form=arguments,
    backend=st.sampled_from(["", "7"]),
)
def test_lua_finds_what_python_finds(
    rules: list[Rule], method: str, path: str, query: str, form: str, backend: str
) -> None:
    found = match(compile_rules(rules), method, path, query=query, form=form, backend=backend)
    given = {"query": query, "form": form} | ({"backend": backend} if backend else {})
    assert lua_match(rules, method, path, **given) == (found.usage, found.patterns)


deep = text("a", "b", "{x}", "a{y}", "/", most=20).map("/{}".format)
short = text("a", "b", "{x}", "/", "$", most=4).map("/{}".format)
ways = text("a", "b", "aa", "ab", "/", most=30).map("/{}".format)


@given(st.lists(deep, max_size=3), st.lists(short, max_size=5), st.lists(ways, max_size=5))
def test_lua_follows_all_variables_at_once(
    deep: list[str], short: list[str], paths: list[str]
) -> None:
    rules = [Rule("GET", pattern, "hits") for pattern in deep + short]
    trie = compile_rules(rules)
    for path in paths:
        found = match(trie, "GET", path)
        assert lua_match(rules, "GET", path) == (found.usage, found.patterns)


@given(st.binary())
def test_lua_escapes_as_python_does(path: bytes) -> None:
    assert rules_lua.escape(path.decode("latin-1")) == escape(path)


def test_a_hostile_path_is_matched_without_backtracking() -> None:
    rules = [Rule("GET", "/" + "{x}a" * 60 + "b", "hits")]
    assert lua_match(rules, "GET", "/" + "a" * 8000) == ({}, ())
    assert lua_match(rules, "GET", "/" + "a" * 8000 + "b")[0] == {"hits": 1}


def test_a_matcher_says_whether_rules_look_at_arguments() -> None:
    def conditions(**fields: Any) -> Any:
        trie = compile_rules([Rule("GET", "/", "hits", **fields)])
        return rules_lua.load(lua.table(msgspec.to_builtins(trie))).conditions

    assert conditions() is False
    assert conditions(query={"a": "1"}) is True


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/a/b/c", "/a/b"),
        ("/ab", "/"),
        ("/", "/"),
        ("/a/bc", "/a"),
    ],
)
def test_a_route_ends_where_a_segment_ends(path: str, route: str) -> None:
    routes = lua.table([{"path": "/a/b"}, {"path": "/a"}, {"path": "/"}])
    assert rules_lua.route(routes, path).path == route


def test_without_a_fitting_route_there_is_none() -> None:
    assert rules_lua.route(lua.table([{"path": "/a"}]), "/b") is None
    assert rules_lua.route(None, "/b") is None


@pytest.mark.parametrize("name", ["rules", "credentials", "arguments", "upstream"])
def test_pure_files_can_do_without_nginx(name: str) -> None:
    assert (LUA / "tollway" / f"{name}.lua").is_file()
    assert Lua().module(name)
