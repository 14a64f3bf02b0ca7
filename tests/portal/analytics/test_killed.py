"""The worker is killed again and again while calls are counted: recorded is counted."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import servers
from tollway import clock
from tollway.core.limits import Entry, Kind
from tollway.store import Outcome, Spend
from tollway.store.sealing import Keyring
from tollway.store.valkey import ValkeyStore

SECRET = "5e" * 32
CALLS, AT_ONCE = 20_000, 50
LONE_CALLS = 20  # whose way to a row is measured
SPREAD_S = 10.0  # over which the calls come
PATIENCE_S = 30


def tollway(command: str, directory: Path, url: str) -> subprocess.Popen[bytes]:
    ours = ("TOLLWAY_", "DJANGO_")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "TOLLWAY_SECRET_KEY": SECRET, "TOLLWAY_DATA_DIR": str(directory),
        "TOLLWAY_VALKEY_URL": url,
    }  # fmt: skip
    log = (directory / "log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "tollway.cli.main", command], env=environ, stderr=log, stdout=log
        )


@contextmanager
def installation() -> Iterator[tuple[Path, str]]:
    """Yield the data directory of an installation with its sample data, and its store's URL."""
    with servers.short_directory() as directory, servers.valkey_server(directory / "v") as url:
        setup = tollway("setup", directory, url)
        assert setup.wait(PATIENCE_S) == 0, (directory / "log").read_text()
        yield directory, url


def ask(directory: Path, question: str) -> Any:
    with closing(sqlite3.connect(directory / "tollway.sqlite3", timeout=20)) as database:
        return database.execute(question).fetchone()[0]


class Traffic(threading.Thread):
    """Counts calls of the sample application, spread over some seconds."""

    def __init__(self, directory: Path, url: str) -> None:
        super().__init__()
        self._url = url
        self._service = str(ask(directory, "SELECT product_id FROM applications_application"))
        self._name = ask(directory, "SELECT application_id FROM applications_application")
        self._metric = str(ask(directory, "SELECT min(id) FROM catalog_metric"))
        self.counted = 0
        self.used = 0

    def run(self) -> None:
        asyncio.run(self._calls())

    def call_once(self) -> None:
        asyncio.run(self._lone_call())

    async def _lone_call(self) -> None:
        store = await ValkeyStore.connect(self._url, Keyring([bytes.fromhex(SECRET)]))
        self.counted += await self._call(store) is Outcome.DONE
        self.used = await self._look(store)
        await store.close()

    async def _calls(self) -> None:
        store = await ValkeyStore.connect(self._url, Keyring([bytes.fromhex(SECRET)]))
        began = time.monotonic()
        for number in range(CALLS // AT_ONCE):
            late = began + SPREAD_S * number * AT_ONCE / CALLS - time.monotonic()
            await asyncio.sleep(max(0, late))
            outcomes = await asyncio.gather(*(self._call(store) for _ in range(AT_ONCE)))
            self.counted += outcomes.count(Outcome.DONE)
        self.used = await self._look(store)
        await store.close()

    async def _look(self, store: ValkeyStore) -> int:
        """Return what the counter of all time says."""
        known = await store.application(self._service, self._name)
        assert known
        at, watch = clock.now(), [Entry(self._metric, Kind.WATCH)]
        spent = await store.spend(Spend(self._service, self._name, known.revision, watch, at, at))
        return spent.before[0].used[-1]

    async def _call(self, store: ValkeyStore) -> Outcome:
        known = await store.application(self._service, self._name)
        assert known
        at, entries = clock.now(), [Entry(self._metric, Kind.ADD, 1)]
        spend = Spend(self._service, self._name, known.revision, entries, at, at, 200)
        return (await store.spend(spend)).outcome


@pytest.mark.timeout(120)
def test_recorded_is_counted_however_often_the_worker_is_killed() -> None:
    with installation() as (directory, url):
        worker = tollway("worker", directory, url)
        client = servers.client_of(url)
        servers.wait_until(lambda: bool(client.get("position")), "everything is published")
        traffic = Traffic(directory, url)
        traffic.start()
        kills = 0
        while traffic.is_alive():
            before = ask(directory, "SELECT coalesce(sum(version), 0) FROM analytics_streamcursor")
            alive(directory, before, traffic)
            traffic.join(random.uniform(0, 0.4))  # noqa: S311  (a moment like any other)
            worker.kill()
            worker.wait()
            kills += 1
            worker = tollway("worker", directory, url)
        servers.wait_until(lambda: recorded(directory) >= CALLS, "that it has caught up")
        print_latency(directory, traffic)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE_S) == 0
        responses = ask(directory, "SELECT sum(value) FROM analytics_responserow")
        print(  # noqa: T201
            f"{traffic.counted} counted, {traffic.used} used, {recorded(directory)} recorded,"
            f" {responses} responses, {kills} kills"
        )
        assert traffic.counted == traffic.used == recorded(directory) == responses
        assert traffic.counted == CALLS + LONE_CALLS
        assert sum(client.xlen(stream) for stream in client.keys("usage:*")) == 0
        assert kills >= 3


def print_latency(directory: Path, traffic: Traffic) -> None:
    """Measure how long single calls take until they are rows, from the counter's answer on."""
    took_ms = []
    for _ in range(LONE_CALLS):
        before = recorded(directory)
        traffic.call_once()
        began = time.monotonic()
        servers.wait_until(lambda before=before: recorded(directory) > before, "a row")  # type: ignore[misc]
        took_ms.append((time.monotonic() - began) * 1000)
    took_ms.sort()
    median, worst = took_ms[LONE_CALLS // 2], took_ms[-1]
    print(f"from counted to recorded: median {median:.0f} ms, worst {worst:.0f} ms")  # noqa: T201


def alive(directory: Path, before: int, traffic: Traffic) -> None:
    """Wait until the worker has recorded something, or there is nothing more to come."""
    version = "SELECT coalesce(sum(version), 0) FROM analytics_streamcursor"
    servers.wait_until(
        lambda: not traffic.is_alive() or ask(directory, version) > before, "a step of the worker"
    )


def recorded(directory: Path) -> int:
    return int(ask(directory, "SELECT coalesce(sum(value), 0) FROM analytics_usagerow"))
