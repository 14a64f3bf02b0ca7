"""What the name servers say of a host: its proofs, and whether it leads to us."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings

from nameserver import NameServer
from tollway.portal.storefront import names

HOST, FIRST = "portal.acme.example", "acme.tollway.example"
PROOF = ("_tollway.portal.acme.example", "TXT")


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer({(FIRST, "A"): ("192.0.2.7",), (FIRST, "AAAA"): ("2001:db8::7",)})
    given = msgspec.structs.replace(settings.TOLLWAY, nameservers=(server.address,))
    with override_settings(TOLLWAY=given):
        yield server
    server.close()


def test_a_name_that_nobody_knows_has_nothing(server: NameServer) -> None:
    assert names.look_up(HOST, FIRST) == names.Seen(HOST, (), (), here=False, silent=False)


def test_texts_are_read_whole_and_a_cname_leads_here(server: NameServer) -> None:
    server.records |= {PROOF: ('"one"', '"two " "parts"'), (HOST, "CNAME"): (FIRST,)}
    seen = names.look_up(HOST, FIRST)
    assert seen.texts == ("one", "two parts")
    assert (seen.leads_to, seen.here) == (("192.0.2.7", "2001:db8::7"), True)


@pytest.mark.parametrize(
    ("kind", "address", "here"),
    [
        ("A", "192.0.2.7", True),
        ("AAAA", "2001:db8::7", True),
        ("A", "192.0.2.8", False),
    ],
)
def test_one_address_in_common_leads_here(
    server: NameServer, *, kind: str, address: str, here: bool
) -> None:
    server.records[HOST, kind] = (address,)
    assert names.look_up(HOST, FIRST).here is here


def test_where_all_is_on_one_machine_here_is_loopback(server: NameServer) -> None:
    server.records[HOST, "A"] = ("127.0.0.1",)
    assert names.look_up(HOST, "acme.localhost").here


def test_what_is_shown_of_strangers_texts_is_short(server: NameServer) -> None:
    server.records[PROOF] = tuple(f'"{n}{"x" * 200}"' for n in range(9))
    shown = names.look_up(HOST, FIRST).shown
    assert (len(shown), {len(each) for each in shown}) == (5, {100})


def test_a_server_that_refuses_is_silent_and_no_no() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    given = msgspec.structs.replace(settings.TOLLWAY, nameservers=(address,))
    with override_settings(TOLLWAY=given):
        assert names.look_up(HOST, FIRST).silent


def test_slow_name_servers_do_not_keep_all_threads_waiting(server: NameServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as slow, ThreadPoolExecutor() as pool:
        slow.bind(("127.0.0.1", 0))
        slow.settimeout(10)
        address = f"127.0.0.1:{slow.getsockname()[1]}"
        given = msgspec.structs.replace(settings.TOLLWAY, nameservers=(address,))
        with override_settings(TOLLWAY=given):
            waiting = [pool.submit(names.look_up, HOST, FIRST) for _ in range(2)]
            for _ in waiting:
                slow.recv(4096)
        assert names.look_up(HOST, FIRST).silent, "nobody is asked on behalf of a third"
        assert all(each.result().silent for each in waiting)
    assert not names.look_up(HOST, FIRST).silent
