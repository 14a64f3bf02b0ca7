"""What is marked is removed a part at a time, and by whoever comes next if one is killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import servers
from tollway.store import keys
from tollway.store.changing import Draft
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Product, Source
from tollway.store.sweeping import AT_ONCE, sweep, sweep_service

KEYRING = Keyring([b"s" * 32])
DIGEST = b"d" * 20


@pytest.fixture
def publisher(valkey_url: str) -> Iterator[Publisher]:
    servers.client_of(valkey_url).flushall()
    publisher = Publisher.connect(valkey_url, KEYRING, Source.INTERNAL)
    yield publisher
    publisher.close()


def fill(publisher: Publisher, count: int) -> None:
    """Publish a service with applications, and then only mark it as removed."""

    def step(draft: Draft) -> None:
        for n in range(count):
            draft.put_application(
                Application("1", f"a{n}", "active", "p", "P", user_keys=[b"%020d" % n])
            )
        draft.do(keys.application("1", "a0").cells, "HSET", "1", b"cell")
        draft.do(keys.service_tokens_of("1"), "SADD", DIGEST)
        draft.do(keys.service_token(DIGEST), "SADD", "1")
        draft.do(keys.REMOVALS, "SADD", "1")

    publisher.change(step)


def test_nothing_of_a_removed_service_stays(valkey_url: str, publisher: Publisher) -> None:
    fill(publisher, AT_ONCE + 1)
    client = servers.client_of(valkey_url)
    assert sweep(publisher)
    assert client.scard(keys.applications_of("1")) == 1
    while sweep(publisher):
        pass
    assert client.keys() == []


def test_a_service_that_comes_again_is_swept_first(valkey_url: str, publisher: Publisher) -> None:
    fill(publisher, 3)
    sweep_service(publisher, "2")
    assert servers.client_of(valkey_url).scard(keys.applications_of("1")) == 3
    sweep_service(publisher, "1")
    assert servers.client_of(valkey_url).keys() == []


def test_what_the_portal_has_published_meanwhile_stays(
    valkey_url: str, publisher: Publisher
) -> None:
    fill(publisher, 2)
    portal = Publisher.connect(valkey_url, KEYRING)
    portal.put_product(Product("1", "t", "1"))
    while sweep(publisher):
        pass
    client = servers.client_of(valkey_url)
    assert client.scard(keys.applications_of("1")) == 2
    assert not client.exists(keys.REMOVALS)
    portal.close()


def test_counters_go_and_everything_else_stays(valkey_url: str, publisher: Publisher) -> None:
    fill(publisher, 2)
    cells = keys.application("1", "a0").cells

    def mark(draft: Draft) -> None:
        draft.do(keys.REMOVALS, "DEL")
        draft.do(keys.RESETS, "SADD", "1")

    publisher.change(mark)
    while sweep(publisher):
        pass
    client = servers.client_of(valkey_url)
    assert not client.exists(cells)
    assert client.scard(keys.applications_of("1")) == 2
