"""Hands what store and SQLite have written to the disk, once a second, in a thread of the worker's.

The store could do so itself (`appendfsync everysec`). But while a disk is slow to take it, the
store then answers before it has written, for up to two seconds; killed in that time, it has lost
what was answered. So it only writes, before each answer, as SQLite does (`synchronous=NORMAL`). The
kernel keeps what is written, whoever dies; the disk is for the end of the machine.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tollway.cli.datadir import DataDir

PERIOD_S = 1.0

_logger = logging.getLogger(__name__)


class Flusher(threading.Thread):
    """Works until ``stop``."""

    def __init__(self, data: DataDir, stop: threading.Event) -> None:
        super().__init__(name="flusher", daemon=True)  # a dead disk must not hold the worker up
        self._data = data
        self._over = stop

    def run(self) -> None:
        failing = False
        while not self._over.wait(PERIOD_S):
            try:
                for file in appended(self._data):
                    flush(file)
            except OSError as error:
                if not failing:
                    _logger.warning("cannot hand what is kept to the disk: %s", error)
                failing = True
            else:
                failing = False


def appended(data: DataDir) -> Iterator[Path]:
    """Yield the files that grow; none where store and database are servers of the operator's.

    Of the store's there are two while it begins a new one.
    """
    yield from data.valkey.glob("appendonlydir/*.incr.aof")
    # SQLite locks its other files, never this one: to close those would end its locks.
    yield from data.path.glob(f"{data.database.name}-wal")


def flush(file: Path) -> None:
    """Return when the disk has all that was written to the file. Raises ``OSError``."""
    with suppress(FileNotFoundError):  # rewritten meanwhile, and deleted
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
