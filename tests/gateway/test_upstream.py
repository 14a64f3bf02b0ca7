"""What an upstream is asked for: the client's request target under the configured path."""

from __future__ import annotations

import pytest

from gateway.luajit import Lua

lua = Lua()
target = lua.module("upstream").target


def ask(
    base: str, request_uri: str, path: str | None = None, below: str = "", query: str = ""
) -> str:
    route = lua.table({"path": below, "strip": True}) if below else None
    upstream = lua.table({"path": base, "query": query})
    return str(target(upstream, request_uri, path or request_uri.partition("?")[0], route))


@pytest.mark.parametrize(
    ("base", "request_uri", "path", "asked"),
    [
        ("", "/a%2Fb//c..d/.e?x=%20&&", "/a/b/c..d/.e", "/a%2Fb//c..d/.e?x=%20&&"),
        ("", "/a?", "/a", "/a?"),
        ("", "/a%2Fb/../c?x=%20&&", "/a/c", "/a/c?x=%20&&"),
        ("", "/a/%2E%2e/c", "/c", "/c"),
        ("", "/a/.%2e/c/.", "/c/", "/c/"),
        ("", "/a%2f..%2Fc", "/c", "/c"),
        ("", "//a", "/a", "/a"),
        ("", "/%2Fa", "/a", "/a"),
        ("", "/a#/../b?c", "/a", "/a"),
        ("", "/a?b#c", "/a", "/a?b"),
        ("", "/", "/", "/"),
        ("/base", "/", "/", "/base"),
        ("/base", "/?x=1", "/", "/base?x=1"),
        ("/base/", "/", "/", "/base/"),
        ("/base/", "/a", "/a", "/base/a"),
        ("/base", "/a%2Fb%20c?x=1?2", "/a/b%20c", "/base/a%2Fb%20c?x=1?2"),
        ("/base", "/../secret", "/secret", "/base/secret"),
        ("/base", "/a/%2E%2e/b", "/b", "/base/b"),
        ("/base", "/a%2F..%2Fb", "/b", "/base/b"),
        ("/base", "/a/./b", "/a/b", "/base/a/b"),
        ("/base", "//a//b", "/a/b", "/base/a/b"),
        ("/base", "/.a%2Fb", "/.a/b", "/base/.a%2Fb"),
        ("/base", "/a#b", "/a", "/base/a"),
        ("/base", "/a#b?c", "/a", "/base/a"),
        ("/base", "", "/", "/base"),
        ("", "", "/", "/"),
    ],
)
def test_target(base: str, request_uri: str, path: str, asked: str) -> None:
    assert ask(base, request_uri, path) == asked


@pytest.mark.parametrize(
    ("base", "request_uri", "path", "asked"),
    [
        ("", "/p", "/p", "/"),
        ("", "/p/", "/p/", "/"),
        ("", "/p/a%2Fb?x=1", "/p/a/b", "/a%2Fb?x=1"),
        ("/base", "/p?x=1", "/p", "/base?x=1"),
        ("/base", "/p/p/a", "/p/p/a", "/base/p/a"),
        ("/base", "/%70/a%2Fb", "/p/a/b", "/base/a/b"),
        ("/base", "/x/../p/a", "/p/a", "/base/a"),
        ("", "//p//a", "/p/a", "/a"),
        ("", "/p%2Fa", "/p/a", "/a"),
    ],
)
def test_a_routes_path_is_taken_away(base: str, request_uri: str, path: str, asked: str) -> None:
    assert ask(base, request_uri, path, below="/p") == asked


@pytest.mark.parametrize(
    ("path", "ambiguous"),
    [
        ("/a/..;/b", True),
        ("/a/..;x=1/b", True),
        ("/a/.;/b", True),
        ("/a/..%5Cb", True),
        ("/a%5C..%5Cb", True),
        ("/a%5C..", True),
        ("/a/..%3B/b", False),
        ("/a../b;x", False),
        ("/a/.b/..c", False),
        ("/a%5Cb", False),
        ("/a/...;/b", False),
        ("/", False),
    ],
)
def test_steps_that_only_others_see(path: str, ambiguous: bool) -> None:  # noqa: FBT001
    assert lua.module("upstream").is_ambiguous(path) == ambiguous


@pytest.mark.parametrize(
    ("query", "request_uri", "asked"),
    [
        ("v=2", "/a", "/a?v=2"),
        ("v=2", "/a?x=1", "/a?v=2&x=1"),
        ("v=2", "/a?v=1&x=1&%76=3&w", "/a?v=2&x=1&w"),
        ("v=2&w", "/a?w=1", "/a?v=2&w"),
    ],
)
def test_a_configured_query_is_added_and_wins(query: str, request_uri: str, asked: str) -> None:
    assert ask("", request_uri, query=query) == asked
