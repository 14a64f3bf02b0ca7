"""The client on a real cluster: slots that move, primaries that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

import servers
from tollway.core.limits import Entry, Kind
from tollway.store import Outcome, Spend, keys
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Gateway, Product
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"c" * 32])
AT = 1_700_000_000
NAMES = [f"app{n}" for n in range(30)]


@pytest.fixture(scope="module")
def running() -> Iterator[servers.Cluster]:
    with servers.short_directory() as directory, servers.valkey_cluster(directory) as running:
        yield running


@pytest.fixture
def url(running: servers.Cluster) -> str:
    return published(running)


def published(running: servers.Cluster) -> str:
    """Publish what the tests count on; return the URL of one of the nodes."""
    url = f"valkey://127.0.0.1:{running.ports[1]}"
    publisher = Publisher.connect(url, KEYRING)
    publisher.put_product(Product("1", "acme", "1"))
    for name in NAMES:
        digest = KEYRING.digest("user_key", "1", name)
        publisher.put_application(Application("1", name, "active", "p", "P", user_keys=[digest]))
    publisher.put_configuration("staging", "acme", "1", {"id": 1})
    publisher.mark(1)
    publisher.close()
    return url


def tell(url: str, story: Callable[[ValkeyStore], Awaitable[None]]) -> None:
    async def told() -> None:
        store = await ValkeyStore.connect(url, KEYRING)
        try:
            await story(store)
        finally:
            await store.close()

    asyncio.run(told())


async def count_one(store: ValkeyStore, name: str) -> int:
    """Count one unit; return how many there were."""
    application = await store.application_by_user_key("1", name)
    assert application
    entries = [Entry("10", Kind.ADD, 1)]
    spent = await store.spend(Spend("1", name, application.revision, entries, AT, AT))
    assert spent.outcome is Outcome.DONE
    return spent.before[0].used[0]


def node_of(running: servers.Cluster, slot: int) -> int:
    return slot * 3 // servers.SLOTS


def test_what_is_published_is_found_and_counted_wherever_it_lies(
    url: str, running: servers.Cluster
) -> None:
    slots = {keys.application("1", name).slot for name in NAMES}
    assert {node_of(running, slot) for slot in slots} == {0, 1, 2}
    key_slot = running.nodes[0].client().execute_command
    for key in ("user_key:00ff", "usage:{s07}", "a{b}c{d}", "a{}c", "a{}c{d}", "{", "é{ü}"):
        assert keys.slot(key) == key_slot("CLUSTER", "KEYSLOT", key)

    async def story(store: ValkeyStore) -> None:
        before = [await count_one(store, name) for name in NAMES]
        assert await asyncio.gather(*(count_one(store, name) for name in NAMES)) == [
            n + 1 for n in before
        ]
        product = await store.product("1")
        assert product
        assert product.owner == "acme"
        step = await store.configurations(Gateway(None), "staging", after="", wait_s=0)
        assert list(step.services) == [{"id": 1}]

    tell(url, story)


def test_a_slot_that_moves_away_is_followed(url: str, running: servers.Cluster) -> None:
    name = next(n for n in NAMES if node_of(running, keys.application("1", n).slot) == 1)
    slot = keys.application("1", name).slot
    source, target = running.nodes[1].client(), running.nodes[2].client()

    def set_slot(node: Any, *what: str) -> None:
        node.execute_command("CLUSTER", "SETSLOT", slot, *what)

    async def story(store: ValkeyStore) -> None:
        before = await count_one(store, name)
        set_slot(target, "IMPORTING", running.id_of(1))
        set_slot(source, "MIGRATING", running.id_of(2))
        held = source.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 1000)
        move = ("MIGRATE", "127.0.0.1", running.ports[2], "", 0, 5000, "KEYS", *held)
        source.execute_command(*move)
        assert await count_one(store, name) == before + 1  # ASK
        for node in (target, source):
            set_slot(node, "NODE", running.id_of(2))
        assert await count_one(store, name) == before + 2  # MOVED

    tell(url, story)


def test_a_failover_is_survived_and_functions_are_there() -> None:
    with servers.short_directory() as directory, servers.valkey_cluster(directory) as running:
        survive(running, published(running))


def survive(running: servers.Cluster, url: str) -> None:
    name = next(n for n in NAMES if node_of(running, keys.application("1", n).slot) == 0)
    other = next(n for n in NAMES if node_of(running, keys.application("1", n).slot) == 2)
    replica = running.nodes[3].client()

    async def story(store: ValkeyStore) -> None:
        before = await count_one(store, name)
        running.nodes[0].client().execute_command("WAIT", 1, 5000)
        replica.execute_command("CLUSTER", "FAILOVER", "TAKEOVER")

        async def counted() -> bool:
            return await count_one(store, name) > before

        await servers.eventually(counted)
        running.nodes[0].kill()
        await servers.eventually(counted)
        await count_one(store, other)

    tell(url, story)
