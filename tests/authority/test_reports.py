"""What a report does to counters and to the usage stream."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import servers
from authority.published import KEYRING, ask, publish
from authority.test_service import HOUR, STATE, RacingStore, put
from authority.xml_vectors import AT
from tollway.authority.reports import combined
from tollway.authority.routes import Routes
from tollway.store import Spend, Spent, StoreUnavailableError
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.spending import UsageEvent
from tollway.store.usage import Question, UsageStreams
from tollway.store.valkey import ValkeyStore

REPORT = "POST /transactions.xml?service_token=t&service_id=1"


def line(number: int, key: str, usage: int, **more: object) -> str:
    fields: dict[str, object] = {"user_key": key, "usage][hits": usage, **more}
    return "&".join(f"transactions[{number}][{name}]={value}" for name, value in fields.items())


def report(store: MemoryStore, *lines: str, at: int = AT) -> int:
    publish(store, STATE)
    routes = Routes(store, KEYRING, lambda: at)
    return asyncio.run(ask(routes, REPORT, "&".join(lines))).status


def events(store: MemoryStore) -> list[tuple[str, int, int, int]]:
    def told(event: UsageEvent) -> tuple[str, int, int, int]:
        return event.application_id, event.at, event.code, event.added[0][1]

    return sorted(map(told, store.usage))


def test_lines_of_one_application_in_one_minute_are_put_together() -> None:
    store = MemoryStore(KEYRING)
    assert report(store, *(line(n, "first", n + 1) for n in range(10))) == 202
    assert events(store) == [("first", AT, 0, 55)]


def test_lines_of_other_minutes_applications_and_codes_stay_apart() -> None:
    store = MemoryStore(KEYRING)
    report(
        store,
        line(0, "first", 1),
        line(1, "second", 2),
        line(2, "first", 4, timestamp=AT - 60),
        line(3, "first", 8, **{"log][code": 200}),
        line(4, "first", 16, **{"log][code": 200}),
    )
    assert events(store) == [
        ("first", AT - 60, 0, 4),
        ("first", AT, 0, 1),
        ("first", AT, 200, 8),
        ("first", AT, 200, 16),
        ("second", AT, 0, 2),
    ]


def test_reports_count_whatever_the_state_of_the_application() -> None:
    store = MemoryStore(KEYRING)
    publish(store, STATE)
    put(state="suspended")(store)
    routes = Routes(store, KEYRING, lambda: AT)
    assert asyncio.run(ask(routes, REPORT, line(0, "first", 99))).status == 202
    assert events(store) == [("first", AT, 0, 99)]


@pytest.mark.parametrize("happening", [put(state="suspended"), put(user_keys=["first", "more"])])
def test_a_change_under_a_report_loses_nothing(happening: Any) -> None:
    store = RacingStore(happening)
    assert report(store, line(0, "first", 7)) == 202
    assert events(store) == [("first", AT, 0, 7)]


def test_a_report_on_an_application_that_is_being_deleted_ends() -> None:
    store = RacingStore(lambda store: store.remove_application("1", "first"))
    assert report(store, line(0, "first", 7)) == 202
    assert events(store) == []


class FailingStore(MemoryStore):
    """Goes away for one application."""

    async def spend(self, spend: Spend) -> Spent:
        if spend.application_id == "first":
            raise StoreUnavailableError("gone")
        return await super().spend(spend)


def test_a_store_that_fails_in_the_middle_is_told_and_the_rest_is_counted() -> None:
    store = FailingStore(KEYRING)
    assert report(store, line(0, "first", 1), line(1, "second", 2)) == 503
    assert events(store) == [("second", AT, 0, 2)]


def test_thousands_of_lines_are_counted_once_each() -> None:
    store = MemoryStore(KEYRING)
    keys = ["first", "second", "free", "closed"]
    lines = [line(n, keys[n % 4], 1) for n in range(2000)]
    assert report(store, *lines) == 202
    assert sum(amount for *_, amount in events(store)) == 2000


def test_amounts_that_cannot_be_added_exactly_stay_apart() -> None:
    store = MemoryStore(KEYRING)
    huge = 2**53 - 1
    assert report(store, line(0, "first", huge), line(1, "first", huge)) == 202
    assert events(store) == [("first", AT, 0, huge), ("first", AT, 0, huge)]


def test_nothing_is_combined_out_of_nothing() -> None:
    assert combined([]) == []


def test_a_report_of_the_past_lands_in_its_own_row_and_in_the_windows_that_hold_it(
    valkey_url: str,
) -> None:
    servers.client_of(valkey_url).flushall()
    publisher = Publisher.connect(valkey_url, KEYRING)
    publish(publisher, STATE)
    publisher.mark(1)
    ages = [0, 60, 300, HOUR, 20 * HOUR, 24 * HOUR, -30 * 60, -HOUR]  # AT is 23:05:03, a Monday
    lines = [
        line(n, "first", 10**n, timestamp=AT - age, **{"log][code": 200})
        for n, age in enumerate(ages)
    ]

    async def play() -> int:
        store = await ValkeyStore.connect(valkey_url, KEYRING)
        routes = Routes(store, KEYRING, lambda: AT)
        reply = await ask(routes, REPORT, "&".join(lines))
        await store.close()
        return reply.status

    assert asyncio.run(play()) == 202
    streams = UsageStreams.connect(valkey_url)
    rows = {event.at: event.added[0][1] for event in streams.read({}, lines_max=100).events}
    [[cell]] = streams.counters([Question("1", "first", ["1"])], at=AT)
    streams.close()
    assert rows == {AT - age: 10**n for n, age in enumerate(ages)}
    minute, hour, day, week, month, year, eternity = cell.used
    assert minute == 1
    assert hour == 1_000_111
    assert day == 1_011_111
    assert week == 11_011_111
    assert month == year == eternity == 11_111_111
