"""Names under .localhost are this machine, and no tenant's address leads inside."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tollway.net import ForbiddenAddressError, Guard, dial, is_localhost, resolve

UP = Guard(localhost=True, own_ports=frozenset({3001}))
ANYTHING_PRIVATE = Guard(private=True, own_ports=frozenset({3001}))
OPEN_INTERNET = Guard()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("echo.localhost", True),
        ("A.B.LOCALHOST.", True),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("127.0.0.1", False),
    ],
)
def test_what_counts_as_this_machine(host: str, expected: bool) -> None:  # noqa: FBT001
    assert is_localhost(host) is expected


def test_localhost_is_resolved_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert asyncio.run(resolve("any.thing.localhost")) == ("127.0.0.1", "::1")


def test_an_address_resolves_to_itself() -> None:
    assert asyncio.run(resolve("192.0.2.7")) == ("192.0.2.7",)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".example", "a..b", "ü" * 63])
def test_a_name_without_an_address_is_an_os_error(host: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        asyncio.run(resolve(host))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.localhost:1/p?q=1", ("http://127.0.0.1:1/p?q=1", {"Host": "a.localhost:1"})),
        ("http://localhost/", ("http://127.0.0.1/", {"Host": "localhost"})),
        ("https://example.com:1/p", ("https://example.com:1/p", {})),
    ],
)
def test_how_a_url_is_dialled(url: str, expected: tuple[str, dict[str, str]]) -> None:
    assert dial(url) == expected


PRIVATE = ["10.0.0.1", "172.16.9.9", "192.168.1.1", "100.64.0.1", "127.0.0.1", "::1", "fd12::1"]
NEVER = [
    *("169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "100.100.100.200"),
    *("0.0.0.0", "::", "224.0.0.1", "ff02::1"),  # noqa: S104  (nobody binds to them)
    *("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
]
PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER, "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_without_the_operators_leave_nothing_inside_is_dialled(address: str) -> None:
    with pytest.raises(ForbiddenAddressError, match=r"evil\.example is"):
        OPEN_INTERNET.allowed("evil.example", [address], 443)


@pytest.mark.parametrize("address", PRIVATE)
def test_the_operator_may_allow_private_addresses(address: str) -> None:
    assert ANYTHING_PRIVATE.allowed("api.internal", [address], 443) == (address,)


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("guard", [UP, ANYTHING_PRIVATE])
def test_metadata_and_link_local_are_never_dialled(guard: Guard, address: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        guard.allowed("api.localhost", [address], 80)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_open(address: str) -> None:
    assert OPEN_INTERNET.allowed("api.example", [address], 443) == (address,)


def test_up_allows_names_under_localhost_and_no_other_way_to_this_machine() -> None:
    assert UP.allowed("api.localhost", ["127.0.0.1", "::1"], 5000) == ("127.0.0.1", "::1")
    with pytest.raises(ForbiddenAddressError, match="TOLLWAY_ALLOW_PRIVATE_UPSTREAMS"):
        UP.allowed("rebind.example", ["127.0.0.1"], 5000)


@pytest.mark.parametrize("guard", [UP, ANYTHING_PRIVATE])
def test_our_own_ports_are_never_dialled_on_any_address_of_this_machine(guard: Guard) -> None:
    for address in ("127.0.0.1", "127.9.9.9", "::1"):
        with pytest.raises(ForbiddenAddressError, match="port 3001 is Tollway's own"):
            guard.allowed("api.localhost", [address], 3001)
    assert ANYTHING_PRIVATE.allowed("api.internal", ["10.255.255.254"], 3001)


def test_some_addresses_may_pass_while_others_are_dropped() -> None:
    assert OPEN_INTERNET.allowed("mixed.example", ["10.0.0.1", "8.8.8.8"], 80) == ("8.8.8.8",)


def test_no_addresses_are_no_offence() -> None:
    assert OPEN_INTERNET.allowed("unresolved.example", [], 80) == ()
