"""What ``ValkeyStore`` adds to the model: it remembers, exactly, and many may use it at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import pytest

import servers
from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period
from tollway.core.usage import AMOUNT_MAX
from tollway.store import Outcome, Spend, StoreUnavailableError, following
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Gateway, Product
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"v" * 32])
AT = 1_700_000_000
Story = Callable[[ValkeyStore], Awaitable[None]]


@pytest.fixture(params=["valkey", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    servers.client_of(url).flushall()
    return url


@pytest.fixture
def publisher(url: str) -> Iterator[Publisher]:
    publisher = Publisher.connect(url, KEYRING)
    publisher.put_product(Product("1", "acme", "1"))
    publisher.put_application(application())
    publisher.mark(1)
    yield publisher
    publisher.close()


def application(plan: str = "Basic", *user_keys: str) -> Application:
    digests = [KEYRING.digest("user_key", "1", key) for key in user_keys]
    return Application("1", "app", "active", "7", plan, user_keys=digests)


def tell(url: str, story: Story) -> None:
    async def told() -> None:
        store = await ValkeyStore.connect(url, KEYRING)
        try:
            await story(store)
        finally:
            await store.close()

    asyncio.run(told())


async def spend(store: ValkeyStore, *entries: Entry) -> Outcome:
    known = await store.application("1", "app")
    assert known
    return (await store.spend(Spend("1", "app", known.revision, entries, AT, AT))).outcome


def test_many_at_a_cap_admit_exactly_the_cap(url: str, publisher: Publisher) -> None:
    caps = ((Period.MINUTE, 100),)
    entries = [Entry("10", Kind.ADD, 1, caps), Entry("11", Kind.COUNT, 1)]

    async def story(store: ValkeyStore) -> None:
        other = await ValkeyStore.connect(url, KEYRING)
        outcomes = await asyncio.gather(
            *(spend(each, *entries) for _ in range(200) for each in (store, other))
        )
        assert Counter(outcomes) == {Outcome.DONE: 100, Outcome.REFUSED: 300}
        known = await store.application("1", "app")
        assert known
        watch = [Entry("10", Kind.WATCH), Entry("11", Kind.WATCH)]
        spent = await store.spend(Spend("1", "app", known.revision, watch, AT, AT))
        assert [set(cell.used) for cell in spent.before] == [{100}, {100}]
        await other.close()

    tell(url, story)


def test_a_decision_may_touch_thousands_of_metrics(url: str, publisher: Publisher) -> None:
    entries = [Entry(str(n), Kind.ADD, 1) for n in range(5000)]

    async def story(store: ValkeyStore) -> None:
        assert await spend(store, *entries) is Outcome.DONE

    tell(url, story)


def test_a_decision_on_an_old_record_is_stale_and_the_next_one_is_not(
    url: str, publisher: Publisher
) -> None:
    async def story(store: ValkeyStore) -> None:
        assert await spend(store) is Outcome.DONE
        publisher.put_application(application("Gold"))
        assert await spend(store) is Outcome.STALE
        known = await store.application("1", "app")
        assert known
        assert known.plan_name == "Gold"
        assert await spend(store) is Outcome.DONE

    tell(url, story)


def test_a_warm_decision_asks_the_server_once(url: str, publisher: Publisher) -> None:
    publisher.put_application(application("Basic", "key"))

    async def story(store: ValkeyStore) -> None:
        for _ in range(2):
            await store.application_by_user_key("1", "key")
            await store.product("1")
            await spend(store, Entry("10", Kind.ADD, 1))
        client = servers.client_of(url)
        client.config_resetstat()
        assert await store.application_by_user_key("1", "key")
        assert await spend(store, Entry("10", Kind.ADD, 1)) is Outcome.DONE
        about = client.info("commandstats")
        calls = {k.removeprefix("cmdstat_"): v["calls"] for k, v in about.items()}
        for noise in ("config|resetstat", "info"):
            calls.pop(noise, None)
        # One FCALL; the others are the function's own: revision, cell, cell, length, event.
        assert calls == {"fcall": 1, "hget": 2, "hset": 1, "xlen": 1, "xadd": 1}

    tell(url, story)


def test_a_key_that_is_given_to_a_remembered_application_opens_at_once(
    url: str, publisher: Publisher
) -> None:
    async def story(store: ValkeyStore) -> None:
        assert await store.application("1", "app")
        assert await store.application_by_user_key("1", "new") is None
        publisher.put_application(application("Basic", "new"))
        found = await store.application_by_user_key("1", "new")
        assert found
        assert await spend(store) is Outcome.DONE

    tell(url, story)


def test_a_change_of_a_token_or_product_is_seen(url: str, publisher: Publisher) -> None:
    digest = KEYRING.digest("service_token", "token")
    publisher.put_service_token("1", digest)

    async def story(store: ValkeyStore) -> None:
        async def token_refused() -> bool:
            return not await store.service_token("token", "1")

        async def product_changed() -> bool:
            product = await store.product("1")
            return product is not None and product.backend_version == "2"

        assert await store.service_token("token", "1")
        assert not await store.service_token("token", "2")
        publisher.remove_service_token("1", digest)
        publisher.put_product(Product("1", "acme", "2"))
        await servers.eventually(token_refused)
        await servers.eventually(product_changed)

    tell(url, story)


def test_a_store_that_lost_everything_does_not_say_that_keys_are_wrong(
    url: str, publisher: Publisher
) -> None:
    async def story(store: ValkeyStore) -> None:
        assert await store.application_by_user_key("1", "nobody") is None
        servers.client_of(url).flushall()
        for question in (
            store.application_by_user_key("1", "nobody"),
            store.application("1", "other"),
            store.product("2"),
            store.service_token("token", "1"),
            store.provider("key"),
            store.gateway("token"),
        ):
            with pytest.raises(StoreUnavailableError, match="nothing has been published"):
                await question

    tell(url, story)


@pytest.mark.parametrize("amount", [-1, AMOUNT_MAX + 1, 2**64])
def test_an_amount_that_cannot_be_counted_exactly_is_a_fault(
    url: str, publisher: Publisher, amount: int
) -> None:
    async def story(store: ValkeyStore) -> None:
        memory = MemoryStore(KEYRING)
        faulty = Spend("1", "app", 1, [Entry("10", Kind.COUNT, amount)], AT, AT)
        for home in (memory, store):
            with pytest.raises(ValueError, match="amount of '10'"):
                await home.spend(faulty)

    tell(url, story)


def test_a_metric_named_twice_is_a_fault(url: str, publisher: Publisher) -> None:
    async def story(store: ValkeyStore) -> None:
        for home in (MemoryStore(KEYRING), store):
            with pytest.raises(ValueError, match="each metric once"):
                await home.spend(Spend("1", "app", 1, [Entry("10", Kind.WATCH)] * 2, AT, AT))

    tell(url, story)


def test_a_spend_is_answered_again_after_the_server_was_killed() -> None:
    with (
        servers.short_directory() as directory,
        servers.running(servers.valkey_binary(), directory) as server,
    ):
        publish = Publisher.connect(server.url, KEYRING)
        publish.put_application(application())

        async def story(store: ValkeyStore) -> None:
            assert await spend(store, Entry("10", Kind.ADD, 1)) is Outcome.DONE
            server.kill()
            with pytest.raises(StoreUnavailableError):
                await spend(store, Entry("10", Kind.ADD, 1))
            server.start()  # empty, and without our functions
            publish.put_application(application())

            async def done() -> bool:
                return await spend(store, Entry("10", Kind.ADD, 1)) is Outcome.DONE

            await servers.eventually(done)

        tell(server.url, story)
        publish.close()


# Waiting for configurations


def test_a_waiting_gateway_is_told_as_soon_as_something_changes(
    url: str, publisher: Publisher
) -> None:
    async def story(store: ValkeyStore) -> None:
        everybody = Gateway(None)

        async def follow(after: str, wait_s: float = 10) -> tuple[str, list[object]]:
            step = await store.configurations(everybody, "staging", after=after, wait_s=wait_s)
            return step.cursor, [document["id"] for document in step.services]

        start, _ = await follow("", 0)
        waiting = [asyncio.create_task(follow(start)) for _ in range(50)]
        await asyncio.sleep(0)
        publisher.put_configuration("staging", "acme", "1", {"id": 1})
        answers = await asyncio.gather(*waiting)
        assert {tuple(ids) for _, ids in answers} == {(1,)}
        assert len({cursor for cursor, _ in answers}) == 1

    tell(url, story)


def test_many_waiting_gateways_cost_one_look_at_a_time(
    url: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_S", 0.02)

    async def story(store: ValkeyStore) -> None:
        start = await store.configurations(Gateway(None), "staging", after="", wait_s=0)
        client = servers.client_of(url)
        connections = len(client.client_list())
        client.config_resetstat()
        waits = [
            store.configurations(Gateway("acme"), "staging", after=start.cursor, wait_s=0.2)
            for _ in range(50)
        ]
        for step in await asyncio.gather(*waits):
            assert (step.cursor, step.complete, step.services) == (start.cursor, False, [])
        about = client.info("commandstats")
        assert about["cmdstat_fcall"]["calls"] == 50  # each gateway's own question, once
        looks = about["cmdstat_hmget"]["calls"] - 50
        assert 0 < looks <= 2 * 0.2 / 0.02  # two feeds
        assert len(client.client_list()) == connections

    tell(url, story)


def test_a_change_that_a_gateway_may_not_see_does_not_end_its_waiting(
    url: str, publisher: Publisher
) -> None:
    async def story(store: ValkeyStore) -> None:
        acme = Gateway("acme")
        start = await store.configurations(acme, "staging", after="", wait_s=0)
        waiting = asyncio.create_task(
            store.configurations(acme, "staging", after=start.cursor, wait_s=10)
        )
        await asyncio.sleep(0)
        publisher.put_configuration("staging", "globex", "2", {"id": 2})
        publisher.put_configuration("production", "acme", "1", {"id": 1})
        done, _ = await asyncio.wait([waiting], timeout=3 * following.POLL_S)
        assert not done
        publisher.put_configuration("staging", "acme", "1", {"id": 1})
        step = await waiting
        assert list(step.services) == [{"id": 1}]

    tell(url, story)


def test_waiting_ends_when_the_store_goes_away() -> None:
    with (
        servers.short_directory() as directory,
        servers.running(servers.valkey_binary(), directory) as server,
    ):
        publisher = Publisher.connect(server.url, KEYRING)
        publisher.mark(1)
        publisher.close()

        async def story(store: ValkeyStore) -> None:
            everybody = Gateway(None)
            start = await store.configurations(everybody, "staging", after="", wait_s=0)
            waits = [
                store.configurations(everybody, "staging", after=start.cursor, wait_s=10)
                for _ in range(3)
            ]
            waiting = asyncio.gather(*waits, return_exceptions=True)
            await asyncio.sleep(0)
            server.kill()
            assert {type(answer) for answer in await waiting} == {StoreUnavailableError}
            server.start()

            async def answers() -> bool:
                step = await store.configurations(everybody, "staging", after="x", wait_s=0)
                return step.cursor == "x"

            await servers.eventually(answers)

        tell(server.url, story)


def test_the_model_waits_too() -> None:
    async def story() -> None:
        memory = MemoryStore(KEYRING)
        everybody = Gateway(None)
        start = await memory.configurations(everybody, "staging", after="", wait_s=0)
        nothing = await memory.configurations(everybody, "staging", after=start.cursor, wait_s=0.01)
        assert nothing.cursor == start.cursor
        waiting = asyncio.create_task(
            memory.configurations(everybody, "staging", after=start.cursor, wait_s=10)
        )
        await asyncio.sleep(0)
        memory.put_configuration("staging", "acme", "1", {"id": 1})
        assert list((await waiting).services) == [{"id": 1}]
        with pytest.raises(ValueError, match="environment"):
            await memory.configurations(everybody, "test", after="", wait_s=0)

    asyncio.run(story())
