from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from servers import PATIENCE_S
from tollway.store import StoreUnavailableError
from tollway.store.caching import Fresh, Recent


def test_the_least_recently_used_entry_goes_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    recent.drop("a")
    assert recent.get("a") is None


def test_more_is_not_kept_than_is_said_and_half_of_it_is_sure() -> None:
    recent: Recent[int, int] = Recent(10)
    for n in range(1, 101):
        recent.put(n, n)
        assert (
            sum(recent._young.get(each, recent._old.get(each, 0)) > 0 for each in range(101)) <= 10
        )
        assert all(recent.get(each) == each for each in range(max(1, n - 4), n + 1))


def asking(answer: Callable[[str], int | None]) -> Callable[[str], asyncio.Future[int | None]]:
    """Return what asks about a key, and is answered at once."""

    def ask(key: str) -> asyncio.Future[int | None]:
        reply: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        reply.set_result(answer(key))
        return reply

    return ask


def same(value: int, reply: int | None) -> bool:
    return value == reply


def fresh(source: dict[str, int], loads: list[str], *, age_s: float) -> Fresh[str, int]:
    async def load(key: str) -> int | None:
        loads.append(key)
        await asyncio.sleep(0)
        return source.get(key)

    return Fresh(load, asking(source.get), same, age_s=age_s, size_max=10)


def test_a_value_is_loaded_once_for_all_who_want_it() -> None:
    loads: list[str] = []

    async def story() -> None:
        cache = fresh({"a": 1}, loads, age_s=60)
        assert await asyncio.gather(*(cache.get("a") for _ in range(50))) == [1] * 50
        assert await cache.get("a") == 1

    asyncio.run(story())
    assert loads == ["a"]


def test_an_old_value_is_loaded_again() -> None:
    source, loads = {"a": 1}, list[str]()

    async def story() -> None:
        cache = fresh(source, loads, age_s=0)
        assert await cache.get("a") == 1
        source["a"] = 2
        assert await cache.get("a") == 2
        assert cache.last("a") == 2
        del source["a"]
        assert await cache.get("a") is None
        assert cache.last("a") is None

    asyncio.run(story())


def test_what_is_in_use_is_renewed_before_it_is_old() -> None:
    source, asked = {"a": 1}, list[str]()

    def answer(key: str) -> int | None:
        asked.append(key)
        return source.get(key)

    async def load(key: str) -> int | None:
        return source.get(key)

    async def story() -> None:
        cache: Fresh[str, int] = Fresh(load, asking(answer), same, age_s=0.1, size_max=10)
        async with asyncio.timeout(PATIENCE_S):
            while len(asked) < 2:
                assert await cache.get("a") == 1
                await asyncio.sleep(0)
            source["a"] = 2
            for _ in iter(lambda: cache.last("a"), 2):
                await cache.get("a")
                await asyncio.sleep(0)
        await cache.close()

    asyncio.run(story())


def test_what_cannot_be_renewed_gets_old() -> None:
    loads: list[str] = []

    def away(_: str) -> int | None:
        raise StoreUnavailableError("away")

    async def story() -> None:
        async def load(key: str) -> int | None:
            loads.append(key)
            return 1

        cache: Fresh[str, int] = Fresh(load, asking(away), same, age_s=0.05, size_max=10)
        async with asyncio.timeout(PATIENCE_S):
            while len(loads) < 3:
                assert await cache.get("a") == 1
                await asyncio.sleep(0)
        await cache.close()

    asyncio.run(story())


def test_what_is_not_there_is_not_remembered() -> None:
    source, loads = dict[str, int](), list[str]()

    async def story() -> None:
        cache = fresh(source, loads, age_s=60)
        assert await cache.get("a") is None
        source["a"] = 1
        assert await cache.get("a") == 1

    asyncio.run(story())


def test_a_caller_that_gives_up_does_not_take_the_value_from_others() -> None:
    async def story() -> None:
        cache = fresh({"a": 1}, [], age_s=60)
        impatient, patient = (asyncio.create_task(cache.get("a")) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient == 1

    asyncio.run(story())


def test_a_failure_reaches_all_who_wait_and_is_not_remembered() -> None:
    async def story() -> None:
        failures = [ConnectionError("away")]

        async def load(key: str) -> int:
            if failures:
                raise failures.pop()
            return 1

        cache: Fresh[str, int] = Fresh(
            load, asking(dict[str, int]().get), same, age_s=60, size_max=1
        )
        with pytest.raises(ConnectionError):
            await cache.get("a")
        assert await cache.get("a") == 1

    asyncio.run(story())
