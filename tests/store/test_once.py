"""What has a name is counted once, however the server that counts it ends in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

import servers
from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period
from tollway.store import Outcome, Spend, StoreUnavailableError, keys
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application
from tollway.store.usage import UsageStreams
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"o" * 32])
AT = 1_700_000_000
NAMES = [b"%d" % number for number in range(400)]
KILLS = 4
ENTRIES = [Entry("10", Kind.COUNT, 1), Entry("11", Kind.COUNT, 2)]


def publish(url: str) -> None:
    publisher = Publisher.connect(url, KEYRING)
    publisher.put_application(Application("1", "app", "active", "p", "P"))
    publisher.mark(1)
    publisher.close()


async def spend(store: ValkeyStore, name: bytes, *entries: Entry) -> Outcome:
    known = await store.application("1", "app")
    assert known
    return (
        await store.spend(Spend("1", "app", known.revision, entries, AT, AT, once=name))
    ).outcome


@pytest.fixture
def durable() -> Iterator[servers.Server]:
    """Yield a server that keeps what it has answered, however it ends."""
    with servers.short_directory() as directory:
        options = ("--port", "0", "--appendonly", "yes", "--appendfsync", "always")
        server = servers.Server(servers.valkey_binary(), *options, directory=directory)
        server.start()
        yield server
        server.kill()


def test_a_death_of_the_server_parts_no_count_from_its_name(durable: servers.Server) -> None:
    publish(durable.url)
    repeated = 0

    async def until_done(store: ValkeyStore, name: bytes) -> None:
        nonlocal repeated
        while True:
            try:
                outcome = await spend(store, name, *ENTRIES)
            except StoreUnavailableError:
                await asyncio.sleep(0.005)
                continue
            repeated += outcome is Outcome.REPEATED
            return

    async def some(store: ValkeyStore, names: list[bytes]) -> None:
        for name in names:
            await until_done(store, name)

    async def play() -> None:
        store = await ValkeyStore.connect(durable.url, KEYRING)
        share = len(NAMES) // KILLS
        for first in range(0, len(NAMES), share):
            names = NAMES[first : first + share]
            working = [asyncio.create_task(some(store, names[n::8])) for n in range(8)]
            await until_done(store, names[share // 2])  # so the others are in the middle
            durable.kill()
            durable.start()
            await asyncio.gather(*working)
        await store.close()

    asyncio.run(asyncio.wait_for(play(), 30))
    print(f"answers lost in {KILLS} deaths: {repeated - KILLS}")  # noqa: T201
    streams = UsageStreams.connect(durable.url)
    events = streams.read({}, lines_max=10_000).events
    streams.close()
    assert [tuple(event.added) for event in events] == [(("10", 1), ("11", 2))] * len(NAMES)


def test_a_name_belongs_to_one_application_and_shares_its_slot(valkey_url: str) -> None:
    servers.client_of(valkey_url).flushall()
    publish(valkey_url)

    async def play() -> list[Outcome]:
        store = await ValkeyStore.connect(valkey_url, KEYRING)
        outcomes = [await spend(store, b"a", ENTRIES[0]) for _ in range(2)]
        outcomes.append(await spend(store, b"b", ENTRIES[0]))
        await store.close()
        return outcomes

    assert asyncio.run(play()) == [Outcome.DONE, Outcome.REPEATED, Outcome.DONE]
    where = keys.application("1", "app")
    assert keys.slot(keys.once("1", "app", b"a")) == where.slot
    assert keys.once("1", "app", b"a") != keys.once("1", "ap", b"a")


def test_what_was_refused_or_stale_may_be_asked_again_under_its_name(valkey_url: str) -> None:
    servers.client_of(valkey_url).flushall()
    publish(valkey_url)
    full = Entry("10", Kind.ADD, 9, ((Period.DAY, 5),))

    async def play() -> list[Outcome]:
        store = await ValkeyStore.connect(valkey_url, KEYRING)
        refused = await spend(store, b"a", full)
        stale = (await store.spend(Spend("1", "app", 7, ENTRIES, AT, AT, once=b"a"))).outcome
        done = await spend(store, b"a", ENTRIES[0])
        await store.close()
        return [refused, stale, done]

    assert asyncio.run(play()) == [Outcome.REFUSED, Outcome.STALE, Outcome.DONE]
