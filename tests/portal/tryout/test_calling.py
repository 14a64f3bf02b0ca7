"""One call over HTTP: where to, what is sent, and its bounds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from portal.tryout.gateways import Said, speaking
from tollway.net import Answer, Guard, NoAnswer
from tollway.portal.tryout.calling import AGENT, ask, guard_of

LOCAL = Guard(localhost=True)


def get(url: str, guard: Guard | None = None, **bounds: Any) -> Answer | NoAnswer:
    bounds = {"timeout_s": 5.0, "bytes_max": 100, **bounds}
    return asyncio.run(ask(url, {"X-Mine": "1"}, guard, **bounds))


def greet(_target: str, _headers: Mapping[str, str]) -> Said:
    return Said(200, {"X-Greeting": "hello"}, b"hello")


def test_a_call_is_sent_as_it_is_written() -> None:
    with speaking(greet) as server:
        answer = get(f"{server.url}/a/../b%2fc//d?x=%20&y")
        assert isinstance(answer, Answer)
        assert (answer.status, answer.body, answer.more) == (200, b"hello", False)
        assert answer.header("x-greeting") == "hello"
        [(target, headers)] = server.heard
    assert target == "/a/../b%2fc//d?x=%20&y"
    assert headers["host"] == server.url.removeprefix("http://")
    assert (headers["user-agent"], headers["x-mine"]) == (AGENT, "1")


def test_only_the_first_bytes_are_read_and_no_redirect_is_followed() -> None:
    def speak(_target: str, _headers: Mapping[str, str]) -> Said:
        return Said(302, {"Location": "http://elsewhere.localhost/"}, b"x" * 100_000)

    with speaking(speak) as server:
        answer = get(f"{server.url}/")
        assert isinstance(answer, Answer)
        assert (answer.status, len(answer.body), answer.more) == (302, 100, True)
        assert len(server.heard) == 1


def test_what_a_tenant_names_is_guarded() -> None:
    with speaking(greet) as server:
        assert isinstance(get(f"{server.url}/", LOCAL), Answer)
        for guard in (Guard(), Guard(localhost=True, own_ports=frozenset({server.port}))):
            assert isinstance(get(f"{server.url}/", guard), NoAnswer)
        refused = get(f"http://127.0.0.1:{server.port}/", LOCAL)
        assert isinstance(refused, NoAnswer)
        assert "private addresses" in refused.why
        assert len(server.heard) == 1


def test_who_does_not_answer_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        late = get(f"http://late.localhost:{port}/", timeout_s=0.1)
    gone = get(f"http://gone.localhost:{port}/")
    unknown = get("http://no-such-host.invalid/")
    assert isinstance(late, NoAnswer)
    assert "did not answer within" in late.why
    assert isinstance(gone, NoAnswer)
    assert f"gone.localhost cannot be connected to on port {port}" in gone.why
    assert isinstance(unknown, NoAnswer)
    assert "no-such-host.invalid" in unknown.why


def test_the_guard_knows_our_own_ports_but_lets_gateways_be_dialled() -> None:
    ports, guard = settings.TOLLWAY.ports, guard_of(settings.TOLLWAY)
    assert {ports.portal, ports.authority, ports.metrics, ports.worker} == guard.own_ports
    assert not guard.private
