"""The recorder as the worker runs it, on a real Valkey: it outlives its servers, and itself."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.db import OperationalError, connection

import servers
from portal.people import Provider, make_master, make_provider
from tollway import clock
from tollway.core.limits import Entry, Kind
from tollway.portal.analytics import tasks
from tollway.portal.analytics.models import ResponseRow, UsageRow
from tollway.portal.analytics.services import recording
from tollway.portal.analytics.tasks import Recorder
from tollway.portal.events import readers
from tollway.portal.events.readers import Condition, Lag
from tollway.portal.fields import keyring
from tollway.portal.publish.services import publish_all
from tollway.store import Spend, usage
from tollway.store.publishing import Publisher
from tollway.store.valkey import LINES_MAX, ValkeyStore

PATIENCE_S = 10


def eventually(fact: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < until, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.005)


def recorder(url: str) -> Recorder:
    return Recorder(msgspec.structs.replace(settings.TOLLWAY, valkey_url=url))


def publish(url: str) -> None:
    publisher = Publisher.connect(url, keyring())
    publish_all(publisher)
    publisher.close()


def call(url: str, acme: Provider, times: int = 1, *, lines_max: int = LINES_MAX) -> None:
    """Count one hit for each call of Acme's application."""
    service, name = str(acme.product.pk), acme.application.application_id
    hits = str(acme.hits.pk)

    async def calls() -> None:
        store = await ValkeyStore.connect(url, keyring(), lines_max=lines_max)
        known = await store.application(service, name)
        assert known
        at, entries = clock.now(), [Entry(hits, Kind.COUNT, 1)]
        for _ in range(times):
            await store.spend(Spend(service, name, known.revision, entries, at, at, 200))
        await store.close()

    asyncio.run(calls())


def recorded() -> int:
    """Add up all rows; -1 while the recorder locks SQLite's memory, which threads share."""
    try:
        return sum(UsageRow.objects.values_list("value", flat=True))
    except OperationalError:
        return -1


@contextmanager
def running(url: str, board: list[Condition]) -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        readers.run(
            [recorder(url)],
            stop,
            now=clock.now,
            tell=lambda told: board.__setitem__(slice(None), told),
        )

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_store_that_goes_away_and_comes_back_empty_is_read_again(tmp_path: Path) -> None:
    acme = make_provider(make_master(), "acme")
    board: list[Condition] = []
    with servers.running(servers.valkey_binary(), tmp_path / "v") as server:
        publish(server.url)
        with running(server.url, board):
            call(server.url, acme, 3)
            eventually(lambda: recorded() == 3, "the first rows")
            server.kill()
            eventually(lambda: bool(board and board[0].failing), "that it says so")
            server.start()
            publish(server.url)
            call(server.url, acme, 4)
            eventually(lambda: recorded() == 7, "rows of the new store")
            eventually(lambda: not board[0].failing, "that it says so")


@pytest.mark.django_db(transaction=True)
def test_away_for_a_while_it_is_behind_and_catches_up(valkey_url: str) -> None:
    servers.client_of(valkey_url).flushall()
    acme = make_provider(make_master(), "acme")
    publish(valkey_url)
    call(valkey_url, acme, 300)
    away = recorder(valkey_url)
    lag = away.lag()
    assert lag.entries == 300
    assert lag.seconds < PATIENCE_S
    away.step()
    assert (recorded(), away.lag()) == (300, Lag())
    away.close()


@pytest.mark.django_db(transaction=True)
def test_what_was_merged_while_it_could_not_follow_is_recorded_to_the_unit(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The streams are long before the recorder starts, and get long again while it reads."""
    monkeypatch.setattr(usage, "_PAGE", 10)
    monkeypatch.setattr(recording, "BATCH", 50)
    monkeypatch.setattr(tasks, "PERIOD_S", 0.02)
    client = servers.client_of(valkey_url)
    client.flushall()
    acme = make_provider(make_master(), "acme")
    publish(valkey_url)
    call(valkey_url, acme, 500, lines_max=100)
    (stream,) = client.keys("usage:*")
    assert client.xlen(stream) < 110
    reader = recorder(valkey_url)
    for _ in range(40):
        reader.step()
        call(valkey_url, acme, 50, lines_max=100)
    while reader.step() < tasks.POLL_S:
        pass
    assert recorded() == 2500
    assert sum(ResponseRow.objects.values_list("value", flat=True)) == 2500
    assert client.hlen(stream.replace(b"usage", b"merged")) == 1
    reader.close()


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_recorder_left_in_the_streams_is_removed_by_the_next(valkey_url: str) -> None:
    client = servers.client_of(valkey_url)
    client.flushall()
    acme = make_provider(make_master(), "acme")
    publish(valkey_url)
    call(valkey_url, acme)
    (stream,) = client.keys("usage:*")
    line = client.dump(stream)
    first = recorder(valkey_url)
    first.step()
    assert client.xlen(stream) == 0
    client.restore(stream, 0, line, replace=True)  # as if it had died before it could remove it
    second = recorder(valkey_url)
    second.step()
    assert (recorded(), client.xlen(stream)) == (1, 0)
    first.close()
    second.close()


def test_the_recorder_reads_less_at_a_time_than_makes_a_stream_long() -> None:
    """So a step that has read everything has found all streams short (``recording.tidy``)."""
    assert recording.BATCH + usage._PAGE < LINES_MAX
