"""Stops and deaths under load, without a gateway in between: nothing is lost or counted twice.

A crowd calls the authority as plugins do and writes down every answer. What it was told is compared
with the counters, and with the usage events that are recorded from. The deaths of all processes of
a whole platform are in ``acceptance/test_kills.py``. With ``--soak`` the store goes many times.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

import servers
from acceptance.traffic import BROKEN, Call, Traffic
from acceptance.world import eventually
from authority.published import KEYRING, publish
from authority.running import Authority
from tollway.store import keys
from tollway.store.publishing import Publisher
from tollway.store.spending import UsageEvent
from tollway.store.usage import Question, UsageStreams

NAMES = ("a", "b")
STATE = {
    "services": [
        {
            "id": "1", "owner": "acme", "mode": "1", "tokens": ["tok"],
            "plans": {"basic": {"name": "Basic", "limits": [["1", "year", 10**9]]}},
            "applications": [{"id": name, "user_keys": [name]} for name in NAMES],
        }
    ],
}  # fmt: skip
QUERY = "service_token=tok&service_id=1&usage%5Bhits%5D=1"
CLIENTS = 8
ENOUGH = 300  # calls that pass between two events
EVENT = msgspec.msgpack.Decoder(UsageEvent)


@pytest.fixture
def authority() -> Iterator[Authority]:
    """Run an authority on a store that keeps what it has, as the one of `up` does."""
    kept = ("--port", "0", "--appendonly", "yes", "--appendfsync", "no")
    with servers.short_directory() as directory:
        store = servers.Server(servers.valkey_binary(), *kept, directory=directory / "valkey")
        store.start()
        publisher = Publisher.connect(store.url, KEYRING)
        publish(publisher, STATE)
        publisher.mark(1)
        running = Authority(directory, store)
        try:
            running.until(200, f"/transactions/authorize.xml?{QUERY}&user_key=a")
            yield running
        finally:
            running.stop()
            store.kill()


@contextlib.contextmanager
def crowd(authority: Authority) -> Iterator[Traffic]:
    url = f"{authority.url}/transactions/authrep.xml?{QUERY}"
    traffic = Traffic(url, NAMES, clients=CLIENTS, pause_s=0.001)
    traffic.start()
    try:
        eventually(lambda: traffic.admitted() >= ENOUGH, "calls pass")
        yield traffic
    finally:
        traffic.stop()


def counted(authority: Authority) -> dict[str, int]:
    streams = UsageStreams.connect(authority.store.url)
    found = streams.counters([Question("1", name, ["1"]) for name in NAMES], at=int(time.time()))
    streams.close()
    return {name: cell.used[-1] for name, (cell,) in zip(NAMES, found, strict=True)}


def to_record(authority: Authority) -> dict[str, int]:
    """Add up what the usage events say, which become usage rows one by one."""
    streams = UsageStreams.connect(authority.store.url)
    streams.flush()  # what was merged when the streams had become long
    streams.close()
    found: Counter[str] = Counter()
    for name in NAMES:
        stream = keys.application("1", name).stream
        for _, line in authority.store.client().xrange(stream):
            event = EVENT.decode(line[b"event"])
            found[event.application_id] += sum(amount for _, amount in event.added)
    return dict(found)


def in_flight(calls: list[Call], moments: list[tuple[float, float]]) -> list[Call]:
    """Return the calls that a stop has cut off: they may be counted."""
    return [
        call
        for call in calls
        if call.status != 200 and any(call.overlaps(*moment) for moment in moments)
    ]


def holds(authority: Authority, traffic: Traffic, moments: list[tuple[float, float]]) -> None:
    """Check that answered <= counted <= answered + in flight, and that recorded is counted."""
    books, events = counted(authority), to_record(authority)
    for name in NAMES:
        calls = [call for call in traffic.calls if call.key == name]
        answered = sum(call.status == 200 for call in calls)
        cut_off = len(in_flight(calls, moments))
        print(  # noqa: T201
            f"{name}: {len(calls)} calls, {answered} answered with 200, {books[name]} counted,"
            f" {events[name]} to record, {cut_off} in flight at a stop without that"
        )
        assert answered <= books[name] <= answered + cut_off
        assert events[name] == books[name]


def tell_speed(traffic: Traffic, left_at: float, back_at: float) -> None:
    """Print how soon calls passed again, and how fast in the second after that."""
    ends = [call.ended for call in traffic.calls if call.status == 200]
    first = min(end for end in ends if end > back_at)
    before = sum(left_at - 1 <= end < left_at for end in ends)
    after = sum(first <= end < first + 1 for end in ends)
    print(  # noqa: T201
        f"away for {back_at - left_at:.2f} s; the first call passed {first - back_at:.2f} s after"
        f" its return; {before} in the second before it went, {after} in the second after"
    )


def go_and_come_back(
    authority: Authority, traffic: Traffic, end: Callable[[servers.Server], None]
) -> tuple[float, float]:
    """Let the store go, and start it again once the crowd has noticed; return when it went."""
    left_at = time.time()
    end(authority.store)
    gone_at, told = time.time(), len(traffic.calls)
    eventually(lambda: len(traffic.calls) >= told + ENOUGH, "calls are told")
    authority.store.start()
    back_at = time.time()
    eventually(lambda: traffic.admitted(since=back_at) >= ENOUGH, "calls pass again")
    eventually(lambda: time.time() >= back_at + 1.5, "a second of it")
    tell_speed(traffic, left_at, back_at)
    return left_at, gone_at


@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", [servers.Server.stop, servers.Server.kill])
def test_a_store_that_goes_and_comes_back_under_load(
    authority: Authority, end: Callable[[servers.Server], None], pytestconfig: pytest.Config
) -> None:
    times = 20 if pytestconfig.getoption("--soak") else 1
    with crowd(authority) as traffic:
        moments = [go_and_come_back(authority, traffic, end) for _ in range(times)]
    holds(authority, traffic, moments)
    assert {call.status for call in traffic.calls} == {200, 503}
    assert all(call.retry_after for call in traffic.calls if call.status == 503)


def test_a_process_that_is_told_to_end_answers_what_is_under_way(authority: Authority) -> None:
    with crowd(authority) as traffic:
        asked_at = time.time()
        authority.process.send_signal(signal.SIGTERM)
        authority.process.wait(servers.PATIENCE_S)
    assert {call.status for call in traffic.calls} == {200, BROKEN}
    assert all(call.ended >= asked_at for call in traffic.calls if call.status == BROKEN)
    holds(authority, traffic, [])


def test_workers_are_replaced_under_load_and_all_that_counts_is_answered(
    authority: Authority,
) -> None:
    with crowd(authority) as traffic:
        old = workers(authority)
        authority.process.send_signal(signal.SIGHUP)
        eventually(lambda: workers(authority).isdisjoint(old), "others work")
        replaced_at = time.time()
        eventually(lambda: traffic.admitted(since=replaced_at) >= ENOUGH, "calls go on")
    holds(authority, traffic, [])
    assert {call.status for call in traffic.calls} <= {200, BROKEN}


def workers(authority: Authority) -> set[int]:
    """Return the processes that answer; there is none for a moment only if nobody does."""
    children = Path(f"/proc/{authority.process.pid}/task/{authority.process.pid}/children")
    found = {int(pid) for pid in children.read_text().split()}
    assert found
    return found
