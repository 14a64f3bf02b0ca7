"""What a disk has cannot be seen from here: only that the right files are handed to it."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from servers import client_of, running, valkey_binary, wait_until
from tollway.cli.datadir import DataDir
from tollway.cli.flushing import Flusher, appended, flush

VALUE = "what must not be lost"


def holds(data: DataDir) -> bool:
    return any(VALUE.encode() in file.read_bytes() for file in appended(data))


def test_what_the_store_is_told_is_in_one_of_the_files(data: DataDir) -> None:
    data.prepare()
    with running(valkey_binary(), data.valkey) as server:
        client = client_of(server.url)
        client.config_set("appendonly", "yes")
        client.set("key", VALUE)
        client.close()
        wait_until(lambda: holds(data), "the value is in a file")


def test_what_sqlite_is_told_is_in_one_of_the_files(data: DataDir) -> None:
    data.prepare()
    with closing(sqlite3.connect(data.database)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (value)")
        database.execute("INSERT INTO t VALUES (?)", [VALUE])
        database.commit()
        assert holds(data)


def test_with_servers_of_the_operators_there_is_nothing_to_do(data: DataDir) -> None:
    assert list(appended(data)) == []


def test_a_file_that_is_gone_meanwhile_is_left_out(data: DataDir) -> None:
    flush(data.path / "gone")


def test_it_goes_on_after_a_fault_and_tells_of_it(
    data: DataDir, caplog: pytest.LogCaptureFixture
) -> None:
    file = data.valkey / "appendonlydir" / "a.incr.aof"
    file.parent.mkdir(parents=True)
    file.symlink_to(file)  # cannot be opened
    stop = threading.Event()
    flusher = Flusher(data, stop)
    with caplog.at_level(logging.WARNING):
        flusher.start()
        wait_until(lambda: bool(caplog.records), "a complaint")
    shutil.rmtree(file.parent)
    assert flusher.is_alive()
    stop.set()
    flusher.join()
    assert "cannot hand what is kept to the disk" in caplog.text
