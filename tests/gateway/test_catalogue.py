"""Steps of the feed and new addresses become documents for NGINX; nothing here needs one."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from gateway.stage import service
from tollway.gateway.addresses import Addresses
from tollway.gateway.catalogue import Catalogue
from tollway.gateway.render import TlsIdentity
from tollway.net import Guard
from tollway.store.snapshot import Configurations

BACKEND = "http://api.localhost:9000"
LOOPBACK = {"peers": ["127.0.0.1", "[::1]"], "preferred": 1, "pool": "plain"}


def catalogue(echo_alias: str = "") -> Catalogue:
    return Catalogue(Addresses(Guard(localhost=True), echo_alias, asyncio.Event()))


def step(*services: Any, complete: bool = False, removed: tuple[str, ...] = ()) -> Configurations:
    return Configurations("c", complete, services, removed)


def after(known: Catalogue, *steps: Configurations) -> Catalogue:
    async def apply() -> None:
        for each in steps:
            await known.apply("staging", each)

    asyncio.run(apply())
    return known


def hosts(known: Catalogue) -> dict[str, tuple[str, ...]]:
    return {service_id: placed.hosts for (_, service_id), placed in known.placed.items()}


def upstream(known: Catalogue, service_id: str = "1") -> Any:
    return json.loads(known.placed["staging", service_id].text)["upstream"]


def test_a_complete_step_forgets_what_it_does_not_name() -> None:
    known = after(
        catalogue(),
        step(service("1", BACKEND), service("2", BACKEND), complete=True),
        step(service("2", BACKEND), complete=True),
    )
    assert hosts(known) == {"2": ("s2.localhost",)}


def test_a_partial_step_changes_what_it_names() -> None:
    known = after(
        catalogue(),
        step(service("1", BACKEND), service("2", BACKEND), complete=True),
        step(service("3", BACKEND), removed=("1", "unknown")),
    )
    assert hosts(known) == {"2": ("s2.localhost",), "3": ("s3.localhost",)}


@pytest.mark.parametrize("complete", [True, False])
def test_a_document_that_makes_no_sense_keeps_the_one_before(complete: bool) -> None:  # noqa: FBT001
    known = after(catalogue(), step(service("1", BACKEND), complete=True))
    good = known.placed["staging", "1"]
    after(known, step({"id": 1, "proxy": {"proxy_rules": 7}}, complete=complete))
    assert known.placed["staging", "1"] == good


def test_equal_documents_have_equal_versions() -> None:
    known = after(catalogue(), step(service("1", BACKEND), complete=True))
    version = known.placed["staging", "1"].version
    after(known, step(service("1", BACKEND)))
    assert known.placed["staging", "1"].version == version
    after(known, step(service("1", BACKEND, secret_token="another")))
    assert known.placed["staging", "1"].version != version


def test_the_older_service_has_the_host_and_gives_it_back() -> None:
    shared = {"hosts": ["shared.localhost"]}
    known = after(
        catalogue(),
        step(service("10", BACKEND, **shared), service("9", BACKEND, **shared), complete=True),
    )
    assert hosts(known) == {"9": ("shared.localhost",), "10": ()}
    after(known, step(service("9", BACKEND, hosts=["own.localhost"])))
    assert hosts(known) == {"9": ("own.localhost",), "10": ("shared.localhost",)}
    after(known, step(removed=("10",)))
    assert hosts(known) == {"9": ("own.localhost",)}


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (BACKEND, LOOPBACK),
        ("http://127.0.0.1:9000", {"peers": [], "preferred": 0, "pool": "plain"}),
        ("http://8.8.8.8:80", {"peers": ["8.8.8.8"], "preferred": 1, "pool": "plain"}),
        (
            "https://api.localhost:443",
            {**LOOPBACK, "pool": TlsIdentity("api.localhost", 443).pool},
        ),
    ],
)
def test_where_an_upstream_is(backend: str, expected: dict[str, Any]) -> None:
    placed = upstream(after(catalogue(), step(service("1", backend), complete=True)))
    assert {name: placed[name] for name in expected} == expected


def test_the_alias_of_the_quick_starts_upstream_keeps_its_host_header() -> None:
    quick_start = service("1", "https://echo-api.3scale.net:443")
    known = after(catalogue("127.0.0.1:3002"), step(quick_start, complete=True))
    placed = upstream(known)
    assert (placed["scheme"], placed["peers"], placed["port"]) == ("http", ["127.0.0.1"], 3002)
    assert placed["host_header"] == "echo-api.3scale.net"
    assert known.identities() == set()


def test_the_echo_api_is_found_whatever_its_port_was_when_the_backend_was_saved() -> None:
    known = after(
        catalogue("echo.localhost:3002"),
        step(service("1", "http://echo.localhost:4102"), complete=True),
    )
    placed = upstream(known)
    assert (placed["host"], placed["port"]) == ("echo.localhost", 3002)
    assert placed["host_header"] == "echo.localhost:4102"


def test_identities_are_those_of_upstreams_with_tls() -> None:
    known = after(
        catalogue(),
        step(service("1", BACKEND), service("2", "https://a.localhost:443/x"), complete=True),
    )
    assert known.identities() == {TlsIdentity("a.localhost", 443)}


def test_new_addresses_make_a_new_version_and_silence_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ["192.0.2.1"]

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        if not answer:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in answer]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    changed = asyncio.Event()
    addresses = Addresses(Guard(private=True), "", changed)
    known = Catalogue(addresses)

    async def story() -> None:
        await known.apply("staging", step(service("1", "http://a.example:80"), complete=True))
        assert upstream(known)["peers"] == ["192.0.2.1"]
        before = known.placed["staging", "1"].version

        answer[:] = ["2001:db8::1", "192.0.2.2"]
        changed.clear()
        addresses.refresh({"a.example"})
        await changed.wait()
        known.place_all()
        assert upstream(known)["peers"] == ["192.0.2.2", "[2001:db8::1]"]
        assert known.placed["staging", "1"].version != before

        answer.clear()
        changed.clear()
        addresses.refresh({"a.example"})
        while "a.example does not resolve: no answer" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert not changed.is_set()
        assert addresses.of("a.example") == ("192.0.2.2", "2001:db8::1")

        addresses.refresh(set())
        assert addresses.of("a.example") == ()

    asyncio.run(asyncio.wait_for(story(), 10))
