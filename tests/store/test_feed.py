"""The configuration feed, on the model and on a server alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import servers
from tollway.store import feed, publishing
from tollway.store.feed import cursor, position_of
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Configurations, Gateway
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"f" * 32])
EVERYBODY = Gateway(None)

Follow = Callable[..., Configurations]


class Home:
    """A place to publish to, and a way to ask it for one step of the staging feed."""

    def __init__(self, publisher: Any, follow: Follow) -> None:
        self.publisher = publisher
        self.follow = follow

    def put(self, service: str, n: int = 0, owner: str = "acme") -> None:
        self.publisher.put_configuration("staging", owner, service, {"id": service, "n": n})

    def remove(self, service: str) -> None:
        self.publisher.remove_configuration("staging", service)

    def ids(self, step: Configurations) -> list[str]:
        return [str(document["id"]) for document in step.services]


@pytest.fixture(params=["memory", "valkey", "redis"])
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    if request.param == "memory":
        memory = MemoryStore(KEYRING, position=0)

        def follow(after: str = "", gateway: Gateway = EVERYBODY) -> Configurations:
            step = memory.configurations(gateway, "staging", after=after, wait_s=0)
            return asyncio.run(step)

        yield Home(memory, follow)
    else:
        url = request.getfixturevalue(f"{request.param}_url")
        servers.client_of(url).flushall()

        def follow(after: str = "", gateway: Gateway = EVERYBODY) -> Configurations:
            async def ask() -> Configurations:
                store = await ValkeyStore.connect(url, KEYRING)
                try:
                    return await store.configurations(gateway, "staging", after=after, wait_s=0)
                finally:
                    await store.close()

            return asyncio.run(ask())

        publisher = Publisher.connect(url, KEYRING)
        yield Home(publisher, follow)
        publisher.close()


def test_a_feed_stands_still_until_everything_has_been_published_once(home: Home) -> None:
    home.put("1")
    for after in ("", "g-7"):
        closed = home.follow(after)
        assert (closed.cursor, closed.complete, list(closed.services)) == (after, False, [])
    home.publisher.mark(5)
    step = home.follow("g-7")
    assert step.complete
    assert home.ids(step) == ["1"]


def test_a_reader_gets_everything_once_and_then_what_changes(home: Home) -> None:
    home.publisher.mark(1)
    home.put("1")
    home.put("2")
    first = home.follow()
    assert first.complete
    assert home.ids(first) == ["1", "2"]
    nothing = home.follow(first.cursor)
    assert (nothing.cursor, nothing.complete, list(nothing.services)) == (first.cursor, False, [])
    home.put("1", n=1)
    home.remove("2")
    second = home.follow(first.cursor)
    assert not second.complete
    assert list(second.services) == [{"id": "1", "n": 1}]
    assert list(second.removed) == ["2"]
    assert not home.follow(second.cursor).services


def test_publishing_what_is_there_moves_nothing(home: Home) -> None:
    home.publisher.mark(1)
    home.put("1")
    home.remove("2")
    before = home.follow().cursor
    home.put("1")
    home.remove("2")
    home.publisher.mark(1)
    assert home.follow().cursor == before


@pytest.mark.parametrize("after", ["nonsense", "-", "g-", "g-x", "g-٣", "other-1", "g--1"])
def test_a_cursor_that_cannot_be_continued_starts_anew(home: Home, after: str) -> None:
    home.publisher.mark(1)
    home.put("1")
    step = home.follow(after)
    assert step.complete
    assert home.ids(step) == ["1"]


def test_a_cursor_from_the_future_starts_anew(home: Home) -> None:
    home.publisher.mark(1)
    home.put("1")
    generation, _, position = home.follow().cursor.rpartition("-")
    assert home.follow(cursor(generation, int(position) + 10**9)).complete


def test_an_owner_s_gateway_sees_that_owner_s_services_only(home: Home) -> None:
    home.publisher.mark(1)
    acme = Gateway("acme")
    home.put("1", owner="acme")
    home.put("2", owner="globex")
    step = home.follow(gateway=acme)
    assert home.ids(step) == ["1"]
    home.remove("2")
    assert not home.follow(step.cursor, acme).removed
    home.remove("1")
    assert list(home.follow(step.cursor, acme).removed) == ["1"]


def test_a_service_that_changes_hands_leaves_its_old_owner_s_gateway(home: Home) -> None:
    home.publisher.mark(1)
    home.put("1", owner="acme")
    before = home.follow(gateway=Gateway("acme")).cursor
    home.put("1", owner="globex")
    step = home.follow(before, Gateway("acme"))
    assert step.complete
    assert not step.services


def test_an_environment_that_is_not_the_gateway_s_stands_still(home: Home) -> None:
    home.publisher.mark(1)
    home.put("1")
    step = home.follow("x", Gateway(None, ("production",)))
    assert (step.cursor, step.complete, list(step.services)) == ("x", False, [])


def test_a_reader_that_slept_through_too_many_removals_starts_anew(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (feed, publishing):
        monkeypatch.setattr(module, "REMOVED_MAX", 2)
    home.publisher.mark(1)
    for service in "123456":
        home.put(service)
    early = home.follow().cursor
    home.remove("1")
    recent = home.follow(early).cursor
    home.remove("2")
    home.remove("3")
    assert home.follow(early).complete
    assert list(home.follow(recent).removed) == ["2", "3"]
    assert home.ids(home.follow(early)) == ["4", "5", "6"]


def test_another_environment_is_a_fault_of_the_caller(home: Home) -> None:
    with pytest.raises(ValueError, match="environment"):
        home.publisher.put_configuration("test", "acme", "1", {})
    with pytest.raises(ValueError, match="environment"):
        home.publisher.remove_configuration("test", "1")


def test_a_cursor_names_a_position_in_one_generation() -> None:
    assert position_of(cursor("g", 7), "g") == 7
    assert position_of(cursor("g", 7), "h") is None
