"""Streams that nobody reads stay short, and say the same: usage is merged beside them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

import servers
from tollway.core.limits import Entry, Kind
from tollway.core.usage import AMOUNT_MAX
from tollway.store import Outcome, Spend, keys
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Product
from tollway.store.spending import UsageEvent
from tollway.store.usage import UsageStreams
from tollway.store.valkey import LINES_MAX, ValkeyStore

KEYRING = Keyring([b"m" * 32])
AT = 1_700_000_000
NAMES = ("app1", "app2", "app3")


class Told(Struct):
    """What a stream says in the end: units, with sets in their order, answers by code."""

    units: Counter[tuple[str, str, int]]
    sets: dict[tuple[str, str], int]  # what came after the last set, with it
    answers: Counter[tuple[str, int, int]]


def told(events: Sequence[UsageEvent]) -> Told:
    found = Told(Counter(), {}, Counter())
    for event in events:
        quarter = event.at // 900
        for metric, amount in event.added:
            found.units[event.application_id, metric, quarter] += amount
            if (event.application_id, metric) in found.sets:
                found.sets[event.application_id, metric] += amount
        for metric, amount in event.replaced:
            found.sets[event.application_id, metric] = amount
        found.answers[event.application_id, event.code, quarter] += event.count
    return found


@pytest.fixture(params=["valkey", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    publish(url)
    return url


def publish(url: str) -> None:
    servers.client_of(url).flushall()
    publisher = Publisher.connect(url, KEYRING)
    publisher.put_product(Product("1", "acme", "1"))
    for name in NAMES:
        publisher.put_application(Application("1", name, "active", "p", "P"))
    publisher.mark(1)
    publisher.close()


def spend_all(url: str, spends: Sequence[Spend], lines_max: int) -> None:
    async def story() -> None:
        store = await ValkeyStore.connect(url, KEYRING, lines_max=lines_max)
        for each in spends:
            known = await store.application("1", each.application_id)
            assert known
            now = Spend("1", known.id, known.revision, each.entries, AT, each.event_at, each.code)
            assert (await store.spend(now)).outcome is Outcome.DONE
        await store.close()

    asyncio.run(story())


def read_all(url: str) -> list[UsageEvent]:
    streams = UsageStreams.connect(url)
    streams.flush()
    streams.flush()  # twice is once
    page = streams.read({}, lines_max=10**6)
    streams.close()
    return list(page.events)


amounts = st.one_of(st.integers(1, 9), st.sampled_from([2**32, 2**32 + 1, AMOUNT_MAX]))
entries = st.builds(
    Entry, st.sampled_from(["10", "11"]), st.sampled_from([Kind.COUNT] * 4 + [Kind.SET]), amounts
)
spends = st.builds(
    lambda name, entries, back, code: Spend("1", name, 0, entries, AT, AT - back, code),
    st.sampled_from(NAMES),
    st.lists(entries, min_size=1, max_size=2, unique_by=lambda e: e.metric),
    st.sampled_from([0, 1, 900]),
    st.sampled_from([0, 200, 404]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(spends, max_size=25), st.integers(0, 4))
def test_merged_lines_say_the_same_as_all_of_them(
    url: str, spends: list[Spend], lines_max: int
) -> None:
    publish(url)
    spend_all(url, spends, LINES_MAX)
    plain = read_all(url)
    assert len(plain) == len(spends)
    publish(url)
    spend_all(url, spends, lines_max)
    assert told(read_all(url)) == told(plain)


def test_a_stream_stays_short_however_much_is_counted(url: str) -> None:
    call = Spend("1", "app1", 0, [Entry("10", Kind.COUNT, 1)], AT, AT, 200)
    spend_all(url, [call] * 2000, 100)
    client = servers.client_of(url)
    length = client.xlen(keys.application("1", "app1").stream)
    print(f"2000 calls, {length} lines")  # noqa: T201
    assert length < 200
    assert told(read_all(url)).units == {("app1", "10", AT // 900): 2000}


def test_a_server_without_our_functions_is_given_them(url: str) -> None:
    servers.client_of(url).execute_command("FUNCTION", "FLUSH")
    assert read_all(url) == []


def test_what_is_merged_is_appended_before_it_gets_big(url: str) -> None:
    spends = [
        Spend(
            "1",
            "app1",
            0,
            [Entry(str(n), Kind.COUNT, 2) for n in range(first, first + 3000)],
            AT,
            AT,
        )
        for first in (0, 0, 3000, 6000)
    ]
    spend_all(url, spends, 0)
    client, where = servers.client_of(url), keys.application("1", "app1")
    assert (client.xlen(where.stream), client.hlen(where.merged)) == (1, 3002)
    units = told(read_all(url)).units
    assert (len(units), units["app1", "0", AT // 900], sum(units.values())) == (9000, 4, 24_000)


def test_sums_are_appended_while_they_are_exact(url: str) -> None:
    call = Spend("1", "app1", 0, [Entry("10", Kind.COUNT, 2**32)], AT, AT)
    spend_all(url, [call] * 3, 0)
    client, where = servers.client_of(url), keys.application("1", "app1")
    (field,) = (
        f for f, units in client.hgetall(where.merged).items() if units == b"%d" % (3 * 2**32)
    )
    client.hset(where.merged, field, 2**52)
    assert client.xlen(where.stream) == 0
    spend_all(url, [call], 0)
    assert client.xlen(where.stream) == 1
    assert told(read_all(url)).units == {("app1", "10", AT // 900): 2**52 + 2**32}
