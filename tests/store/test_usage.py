"""The usage streams as the recorder reads them, on real servers and on a cluster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

import servers
from tollway.core.limits import Entry, Kind
from tollway.store import Outcome, Spend, StoreUnavailableError, keys, sync, usage
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Product
from tollway.store.spending import UsageEvent
from tollway.store.usage import Question, UsageStreams
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"u" * 32])
AT = 1_700_000_000
NAMES = [f"app{n}" for n in range(40)]


@pytest.fixture(scope="module")
def cluster_url() -> Iterator[str]:
    with servers.short_directory() as directory, servers.valkey_cluster(directory) as cluster:
        yield f"valkey://127.0.0.1:{cluster.ports[2]}"


@pytest.fixture(params=["valkey", "redis", "cluster"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    client = sync.connect(url)
    client.execute_command("FLUSHALL")  # type: ignore[no-untyped-call]
    publisher = Publisher(client, KEYRING)
    publisher.put_product(Product("1", "acme", "1"))
    for name in NAMES:
        publisher.put_application(Application("1", name, "active", "p", "P"))
    publisher.mark(1)
    publisher.close()
    return url


@pytest.fixture
def streams(url: str) -> Iterator[UsageStreams]:
    streams = UsageStreams.connect(url)
    yield streams
    streams.close()


def count(url: str, names: list[str], *, code: int = 0) -> None:
    """Count one unit for each of these applications."""

    async def one(store: ValkeyStore, name: str) -> None:
        known = await store.application("1", name)
        assert known
        spend = Spend("1", name, known.revision, [Entry("10", Kind.ADD, 1)], AT, AT, code)
        assert (await store.spend(spend)).outcome is Outcome.DONE

    async def all_of_them() -> None:
        store = await ValkeyStore.connect(url, KEYRING)
        for name in names:
            await one(store, name)
        await store.close()

    asyncio.run(all_of_them())


def test_everything_is_read_once_in_the_order_of_its_shard(url: str, streams: UsageStreams) -> None:
    for code in (200, 404):
        count(url, NAMES, code=code)
    page = streams.read({}, lines_max=1000)
    assert page.complete
    assert sorted(e.application_id for e in page.events) == sorted(NAMES * 2)
    for name in NAMES:
        assert [e.code for e in page.events if e.application_id == name] == [200, 404]
    again = streams.read(page.positions, lines_max=1000)
    assert (list(again.events), dict(again.positions), again.complete) == ([], {}, True)
    count(url, NAMES[:1])
    (event,) = streams.read(page.positions, lines_max=1000).events
    assert event == UsageEvent("1", NAMES[0], AT, 0, [("10", 1)], [])


def test_a_page_stops_near_its_bound_and_the_next_one_goes_on(
    url: str, streams: UsageStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_PAGE", 3)
    count(url, [NAMES[0]] * 10)
    sizes: list[int] = []
    positions: dict[int, str] = {}
    while True:
        page = streams.read(positions, lines_max=4)
        positions |= page.positions
        sizes.append(len(page.events))
        if page.complete:
            break
    assert sizes == [6, 4]


def test_what_is_trimmed_is_gone_and_what_came_later_is_not(
    url: str, streams: UsageStreams
) -> None:
    count(url, NAMES)
    page = streams.read({}, lines_max=1000)
    count(url, NAMES[:3])
    assert streams.lag({}, at=AT)[0] == len(NAMES) + 3
    streams.trim(page.positions)
    streams.trim(page.positions)  # twice is once
    assert len(streams.read({}, lines_max=1000).events) == 3
    assert streams.lag(page.positions, at=AT)[0] == 3


def test_the_lag_is_the_age_of_what_waits_longest(url: str, streams: UsageStreams) -> None:
    assert streams.lag({}, at=AT) == (0, 0)
    count(url, NAMES[:2])
    (first, *_) = sorted(
        int(p.partition("-")[0]) for p in streams.read({}, lines_max=9).positions.values()
    )
    assert streams.lag({}, at=first // 1000 + 75) == (2, 75)


def test_counters_are_those_of_the_windows_asked_for(url: str, streams: UsageStreams) -> None:
    count(url, [NAMES[0]] * 5)
    ask = [Question("1", NAMES[0], ["10", "11"]), Question("1", NAMES[1], ["10"])]
    (used, unused), (other,) = streams.counters(ask, at=AT)
    assert used.used == (5,) * 7
    assert unused.used == other.used == (0,) * 7
    ((later, _), _) = streams.counters(ask, at=AT + 3600)
    assert later.used == (0, 0, *[5] * 5)
    assert streams.counters([], at=AT) == []


def test_a_line_that_is_no_event_is_passed_over_and_told_of(
    url: str, streams: UsageStreams, caplog: pytest.LogCaptureFixture
) -> None:
    client: Any = sync.connect(url)
    stream = keys.application("1", NAMES[0]).stream
    client.xadd(stream, {"event": b"\xc1"})
    client.xadd(stream, {"other": b""})
    count(url, NAMES[:1])
    client.xadd(stream, {"event": b"\xc1"})
    with caplog.at_level(logging.ERROR):
        page = streams.read({}, lines_max=100)
    assert [e.application_id for e in page.events] == NAMES[:1]
    assert len([r for r in caplog.records if "no usage event" in r.message]) == 3
    assert list(streams.read(page.positions, lines_max=100).positions) == []
    client.close()


def test_events_of_a_later_release_are_read() -> None:
    longer = msgspec.msgpack.encode(["1", "app", AT, 0, [["10", 1]], [], 3, "something new"])
    assert msgspec.msgpack.decode(longer, type=UsageEvent).application_id == "app"


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.read({}, lines_max=1),
        lambda s: s.trim({0: "1-0"}),
        lambda s: s.lag({}, at=AT),
        lambda s: s.counters([Question("1", "app", ["1"])], at=AT),
    ],
)
def test_a_store_that_is_away_is_said_to_be(ask: Callable[[UsageStreams], object]) -> None:
    with servers.short_directory() as directory:
        with servers.valkey_server(directory) as url:
            streams = UsageStreams.connect(url)
        with pytest.raises(StoreUnavailableError):
            ask(streams)
        with pytest.raises(StoreUnavailableError):
            UsageStreams.connect(url)
