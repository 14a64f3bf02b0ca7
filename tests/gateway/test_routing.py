"""Upstreams and routes: read from URLs and from the portal's routing policy, or refused."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from tollway.gateway.document import CompileError, Proxy
from tollway.gateway.routing import Upstream, read_routes, read_upstream


@pytest.mark.parametrize(
    ("url", "rewrite", "upstream"),
    [
        ("http://a.example", None, Upstream("http", "a.example", 80, "a.example", "", "")),
        ("http://A.example:80/", "", Upstream("http", "a.example", 80, "a.example", "", "")),
        ("https://a:8443", None, Upstream("https", "a", 8443, "a:8443", "", "")),
        ("https://a/b/", "h.example", Upstream("https", "a", 443, "h.example", "/b/", "")),
        ("ws://a/b?c=d", None, Upstream("http", "a", 80, "a", "/b", "c=d")),
        ("wss://a", None, Upstream("https", "a", 443, "a", "", "")),
        ("http://[::1]:81", None, Upstream("http", "::1", 81, "[::1]:81", "", "")),
        ("http://a/b c%20d", None, Upstream("http", "a", 80, "a", "/b%20c%20d", "")),
    ],
)
def test_upstream(url: str, rewrite: str | None, upstream: Upstream) -> None:
    assert read_upstream("field", url, rewrite) == upstream


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("a.example", "is not a URL like https://host:port/path"),
        ("ftp://a", "is not a URL like https://host:port/path"),
        ("http://", "is not a URL like https://host:port/path"),
        ("http://a b/", "is not a URL like https://host:port/path"),
        ("http://a;b/", "is not a URL like https://host:port/path"),
        ("http://a:70000", "is not a URL: Port out of range 0-65535"),
        ("http://[a", "is not a URL: Invalid IPv6 URL"),
        ("http://me:secret@a", "must not hold a user or a password"),
    ],
)
def test_a_url_that_cannot_be_called_is_refused(url: str, message: str) -> None:
    with pytest.raises(CompileError, match=f"^proxy.api_backend: .*{re.escape(message)}$"):
        read_upstream("proxy.api_backend", url, None)


def routing_rule(path: str, owner: int | None, **fields: Any) -> dict[str, Any]:
    """Return a rule of the routing policy as the portal writes it."""
    value = "^(/.*)" if path == "/" else f"^({path}/.*|{path}/?)"
    operation = {"match": "path", "op": "matches", "value": value}
    rule = {
        "url": f"http://b{owner}.example",
        "owner_type": "BackendApi" if owner else None,
        "owner_id": owner,
        "condition": {"combine_op": "and", "operations": [operation]},
    }
    if path != "/":
        rule["replace_path"] = "{{uri | remove_first: '%s'}}" % path  # noqa: UP031
    return rule | fields


def chain(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": "routing", "version": "builtin", "configuration": {"rules": list(rules)}},
        {"name": "apicast", "version": "builtin"},
    ]


def routes(policy_chain: object, **fields: Any) -> list[dict[str, Any]]:
    proxy = msgspec.convert({"policy_chain": policy_chain, **fields}, Proxy)
    found: list[dict[str, Any]] = msgspec.to_builtins(list(read_routes(proxy)))
    return found


def test_backends_become_routes_in_the_portals_order() -> None:
    found = routes(chain(routing_rule("/b/c", 8), routing_rule("/b", 7), routing_rule("/", 9)))
    assert [(r["path"], r["strip"], r["backend"], r["upstream"]["host"]) for r in found] == [
        ("/b/c", True, "8", "b8.example"),
        ("/b", True, "7", "b7.example"),
        ("/", False, "9", "b9.example"),
    ]


def test_a_route_that_nobody_owns_leaves_no_usage_out() -> None:
    (route,) = routes(chain(routing_rule("/", None)))
    assert "backend" not in route


def test_the_host_header_is_the_routes_the_products_or_the_upstreams() -> None:
    plain, own = routing_rule("/", 7), routing_rule("/", 7, host_header="own.example")

    def header(rule: dict[str, Any], **fields: Any) -> object:
        return routes(chain(rule), **fields)[0]["upstream"]["host_header"]

    assert header(plain) == "b7.example"
    assert header(plain, hostname_rewrite="product.example") == "product.example"
    assert header(own, hostname_rewrite="product.example") == "own.example"


def test_escaped_and_unescaped_paths_mean_the_same() -> None:
    operation = {"match": "path", "op": "matches", "value": r"^(/v1\.0/.*|/v1\.0/?)"}
    rule = routing_rule("/v1.0", 7)
    assert routes(chain(rule | {"condition": {"operations": [operation]}})) == routes(chain(rule))


@pytest.mark.parametrize(
    "policy_chain",
    [
        None,
        [{"name": "apicast"}],
        [{"name": "apicast.policy.apicast"}],
        [{"name": "ip_check", "enabled": False}, {"name": "apicast"}],
    ],
)
def test_without_routing_there_are_no_routes(policy_chain: object) -> None:
    assert routes(policy_chain) == []


AT = "proxy.policy_chain[0].configuration.rules[0]"
COOKIE = {"operations": [{"match": "header", "op": "==", "value": "x"}]}


@pytest.mark.parametrize(
    ("policy_chain", "message"),
    [
        ([], "proxy.policy_chain: has no apicast policy, so nothing checks the calls"),
        (
            [{"name": "ip_check"}, {"name": "apicast"}],
            "proxy.policy_chain[0]: the policy ip_check is not supported",
        ),
        (
            [{"name": "apicast"}, {"name": "routing"}],
            "proxy.policy_chain[1]: routing must stand before apicast",
        ),
        (
            chain(routing_rule("/a", 7, condition=COOKIE)),
            f"{AT}.condition: only path matches ^(/PATH/.*|/PATH/?), the portal's, is known",
        ),
        (
            chain(routing_rule("/a", 7, replace_path="/other")),
            f"{AT}.replace_path: may only remove '/a', the route's own path",
        ),
        (
            chain(routing_rule("/a", 7, url="nowhere")),
            f"{AT}.url: 'nowhere' is not a URL like https://host:port/path",
        ),
        (
            chain(routing_rule("/a", 7, url=None)),
            f"{AT}.url: Expected `str`, got `null`",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused(policy_chain: object, message: str) -> None:
    with pytest.raises(CompileError) as raised:
        routes(policy_chain)
    assert str(raised.value) == message
