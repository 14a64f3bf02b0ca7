"""A store that others use too loses what is ours, all of it, and nothing of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

import servers
from tollway.core.limits import Entry, Kind
from tollway.store import Outcome, Receipt, Spend, StoreUnavailableError, clearing, keys, sync
from tollway.store.changing import Draft
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Gateway, Holding, Owner, Product, Source
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"e" * 32])
AT = 1_700_000_000
THEIRS = {b"position:of:planets", b"product:7", b"provider:acme", b"usage:{s01}:x", b"feed", b"s"}


@pytest.fixture(scope="module")
def cluster_url() -> Iterator[str]:
    with servers.short_directory() as directory, servers.valkey_cluster(directory) as cluster:
        yield f"valkey://127.0.0.1:{cluster.ports[0]}"


@pytest.fixture(params=["valkey", "redis", "cluster"])
def client(request: pytest.FixtureRequest) -> sync.Client:
    client = sync.connect(request.getfixturevalue(f"{request.param}_url"))
    client.execute_command("FLUSHALL")  # type: ignore[no-untyped-call]
    return client


def use(publisher: Publisher) -> None:
    """Write a key of each kind that publishing knows."""
    digest = KEYRING.digest("user_key", "1", "k")
    publisher.put_product(Product("1", "acme", "1"))
    publisher.put_application(Application("1", "a b\n", "active", "p", "P", user_keys=[digest]))
    publisher.put_service_token("1", KEYRING.digest("service_token", "t"))
    publisher.put_provider(KEYRING.digest("provider_key", "p"), Owner("acme"))
    publisher.put_gateway(KEYRING.digest("gateway_token", "g"), Gateway(None))
    for environment in ("staging", "production"):
        publisher.put_configuration(environment, "acme", "1", {"id": 1})
    publisher.put_configuration("staging", "acme", "2", {"id": 2})
    publisher.remove_configuration("staging", "2")
    publisher.mark(1)


def use_internally(publisher: Publisher) -> None:
    """Write a key of each kind that the internal source knows beside these."""

    def step(draft: Draft) -> None:
        draft.put_holding("internal-0a", Holding(b"digest", b"sealed"))
        draft.tell(b"{}")
        for key in (keys.REMOVALS, keys.RESETS):
            draft.do(key, "SADD", "2")
        for key in (keys.RUNG, keys.told("2", "a b\n"), keys.heard(1), keys.heard_merged(1)):
            draft.do(key, "SET", b"x")

    publisher.change(step)


def count(url: str) -> None:
    """Count three calls: the first is a line of the stream, the others are merged beside it."""

    async def calls() -> None:
        store = await ValkeyStore.connect(url, KEYRING, lines_max=1)
        known = await store.application("1", "a b\n")
        assert known
        for once in (b"", b"", b"once"):
            entries = [Entry("10", Kind.ADD, 1)]
            spend = Spend("1", "a b\n", known.revision, entries, AT, AT, 200, once=once)
            assert (await store.spend(spend)).outcome is Outcome.DONE
        assert await store.put_receipt(b"name", Receipt(b"digest", AT))
        await store.close()

    asyncio.run(calls())


def test_all_that_is_ours_goes_and_nothing_else(
    client: sync.Client, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["client"]
    use(Publisher(client, KEYRING))
    use_internally(Publisher(client, KEYRING, Source.INTERNAL))
    count(request.getfixturevalue(f"{kind}_url"))
    where = keys.application("1", "a b\n")
    written = set(client.scan_iter())
    assert {where.record.encode(), where.stream.encode(), where.merged.encode()} <= written
    for key in THEIRS:
        client.set(key, 1)
    assert clearing.clear(client) == len(written) > 14
    assert set(client.scan_iter()) == THEIRS
    assert clearing.clear(client) == 0


def test_a_store_that_is_away_is_said_to_be() -> None:
    with servers.short_directory() as directory:
        with servers.valkey_server(directory) as url:
            client = sync.connect(url)
        with pytest.raises(StoreUnavailableError):
            clearing.clear(client)
