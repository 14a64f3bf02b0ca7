"""Pages of the developer portal may call its products; other origins are the upstream's matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conftest import vectors
from gateway.conftest import Scene
from gateway.luajit import Lua
from gateway.stage import Upstream

PORTAL = "https://acme.example"
LIMITED = {"3scale-rejection-reason": "limits_exceeded", "3scale-limit-max-value": "3"}

lua = Lua()
cors = lua.module("cors")


def of_kind(kind: str) -> pytest.MarkDecorator:
    cases = [case for case in vectors("cors") if case["kind"] == kind]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["name"])


@of_kind("portal")
def test_whose_page_it_is(case: dict[str, Any]) -> None:
    product = lua.table({"portal_origin": case["portal"]} if "portal" in case else {})
    assert cors.is_portal(product, case.get("origin")) is case["is_portal"]


@of_kind("preflight")
def test_what_is_no_call(case: dict[str, Any]) -> None:
    assert cors.is_preflight(case["method"], case.get("asked")) is case["is_preflight"]


@of_kind("leave")
def test_which_headers_may_be_sent(case: dict[str, Any]) -> None:
    names = case["repeat"] * case["times"] if "repeat" in case else case["leave"]
    assert cors.leave(names)["Access-Control-Allow-Headers"] == case["allowed"]


@of_kind("vary")
def test_how_an_answer_varies(case: dict[str, Any]) -> None:
    vary = case["vary"]
    assert cors.vary(lua.table(vary) if isinstance(vary, list) else vary) == case["varies"]


def of_portal(scene: Scene, **proxy: Any) -> Scene:
    """Serve a product whose developer portal is at ``PORTAL``."""
    return scene.serve({**scene.document(**proxy), "portal_origin": PORTAL})


@contextmanager
def answering(upstream: Upstream, *headers: str) -> Iterator[None]:
    """Let the upstream, which all tests share, answer everything with these headers."""
    before, lines = upstream.answer, "".join(f"{header}\r\n" for header in headers)
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{lines}\r\n".encode()
    upstream.answer = lambda _head: answer
    try:
        yield
    finally:
        upstream.answer = before


def called(scene: Scene, origin: str | None = PORTAL, target: str = "", **more: Any) -> Any:
    headers = {**more.pop("headers", {}), **({"Origin": origin} if origin else {})}
    return scene.call(target or f"/?user_key={scene.key}", headers=headers, **more)


def preflight(scene: Scene, origin: str = PORTAL, **headers: str) -> Any:
    asked = {"Access-Control-Request-Method": "POST", **headers}
    return called(scene, origin, "/v1", method="OPTIONS", headers=asked)


def cross_origin(answer: Any) -> dict[str, str]:
    return {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}


def test_a_preflight_is_answered_without_credentials_and_is_no_call(scene: Scene) -> None:
    of_portal(scene, credentials_location="headers")
    before = len(scene.upstream.got)
    answer = preflight(scene, **{"Access-Control-Request-Headers": "user_key,content-type"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert cross_origin(answer) == {
        "access-control-allow-origin": PORTAL,
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        "access-control-allow-headers": "user_key,content-type",
        "access-control-max-age": "600",
        "access-control-expose-headers": "*",
    }
    assert answer.headers["vary"] == "Origin"
    assert "x-tollway-decision" not in answer.headers
    assert scene.asked() == []
    assert len(scene.upstream.got) == before


def test_the_portals_pages_may_read_the_answer_of_a_call(scene: Scene) -> None:
    of_portal(scene)
    answer = called(scene)
    assert (answer.status_code, answer.text) == (200, "hello")
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert answer.headers["access-control-expose-headers"] == "*"
    assert answer.headers["vary"] == "Origin"
    assert scene.upstream.last[1]["origin"] == PORTAL, "the upstream sees who asks, as ever"


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_it_holds_in_both_environments(scene: Scene, environment: str) -> None:
    scene.authority.serve({**scene.document(), "portal_origin": PORTAL}, "production")
    of_portal(scene)
    answer = called(scene, on=environment)
    assert answer.headers["access-control-allow-origin"] == PORTAL


@pytest.mark.parametrize(
    ("refusal", "target", "status"),
    [
        ((200, {}), "/", 403),  # without credentials
        ((200, {}), "", 404),  # no rule matches
        ((403, {}), "", 403),
        ((409, LIMITED), "", 429),
        ((503, {}), "", 503),
    ],
)
def test_they_may_read_why_a_call_was_refused(
    scene: Scene, refusal: tuple[int, dict[str, str]], target: str, status: int
) -> None:
    of_portal(scene, **({"proxy_rules": []} if status == 404 else {}))
    scene.authority.answers[scene.key] = refusal
    answer = called(scene, target=target)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert answer.headers["x-tollway-decision"]


def test_they_may_read_that_the_upstream_is_away(scene: Scene) -> None:
    of_portal(scene, api_backend="http://api-x.localhost:1")
    answer = called(scene)
    assert answer.status_code == 502
    assert answer.headers["access-control-allow-origin"] == PORTAL


STRANGERS = [
    "https://evil.example",
    "http://acme.example",
    "https://acme.example:8443",
    "null",
    None,
]


@pytest.mark.parametrize("origin", STRANGERS)
def test_other_origins_get_what_the_upstream_says_of_them(scene: Scene, origin: str | None) -> None:
    of_portal(scene)
    with answering(scene.upstream, "Access-Control-Allow-Origin: *"):
        answer = called(scene, origin)
    assert cross_origin(answer) == {"access-control-allow-origin": "*"}
    assert "vary" not in answer.headers


def test_a_preflight_of_another_origin_is_an_ordinary_call(scene: Scene) -> None:
    rule = {"http_method": "OPTIONS", "pattern": "/", "metric_system_name": "hits", "delta": 1}
    of_portal(scene, proxy_rules=[rule])
    answer = preflight(scene, "https://evil.example")
    assert (answer.status_code, cross_origin(answer)) == (403, {})
    line, headers, _ = passed_on(scene)
    assert line.startswith("OPTIONS /v1")
    assert headers["origin"] == "https://evil.example"


def passed_on(scene: Scene) -> tuple[str, dict[str, str], bytes]:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    return scene.pass_through("/v1", method="OPTIONS", headers=headers)


def test_options_that_is_no_preflight_is_a_call_of_the_portal_too(scene: Scene) -> None:
    of_portal(scene)
    assert called(scene, method="OPTIONS").status_code == 404, "no rule counts OPTIONS"


def test_what_the_upstream_says_of_origins_is_replaced_for_the_portal(scene: Scene) -> None:
    of_portal(scene)
    theirs = ("Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true")
    with answering(scene.upstream, *theirs, "Vary: Accept-Encoding", "Vary: Cookie"):
        answer = called(scene)
    assert answer.headers.get_list("access-control-allow-origin") == [PORTAL]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding, Cookie, Origin"


def test_a_product_without_a_portal_answers_no_preflight(scene: Scene) -> None:
    scene.serve()
    assert cross_origin(preflight(scene)) == {}
