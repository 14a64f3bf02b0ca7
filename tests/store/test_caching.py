from __future__ import annotations

import asyncio

import pytest

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


def fresh(source: dict[str, int], loads: list[str], *, age_s: float) -> Fresh[str, int]:
    async def load(key: str) -> int | None:
        loads.append(key)
        await asyncio.sleep(0)
        return source.get(key)

    return Fresh(load, age_s=age_s, size_max=10)


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

        cache: Fresh[str, int] = Fresh(load, age_s=60, size_max=1)
        with pytest.raises(ConnectionError):
            await cache.get("a")
        assert await cache.get("a") == 1

    asyncio.run(story())
