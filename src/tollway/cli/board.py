"""What the worker says of its readers: in a file, which `status` reads, and to Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tollway import clock
from tollway.cli.datadir import DataDir, write_private
from tollway.cli.reading import OLD_S, Condition, Told
from tollway.exposition import Family, Page, written


class Board:
    """Where the worker's readers are told of, and may be asked for from another thread."""

    def __init__(self, directory: Path) -> None:
        self._file = DataDir(directory).readers
        self._told = Told(0, ())

    def tell(self, readers: Sequence[Struct]) -> None:
        """Write down how the readers are now; each has the fields of ``Condition``."""
        known = msgspec.convert(readers, tuple[Condition, ...], from_attributes=True)
        self._told = Told(clock.now(), known)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._file, msgspec.json.encode(self._told).decode())

    async def health(self) -> Page:
        """Say whether the worker lives. A reader that fails is no reason to start it again."""
        silent_s = clock.now() - self._told.at
        return Page(200, "ok\n") if silent_s <= OLD_S else Page(503, "the readers do not report\n")

    async def metrics(self) -> Page:
        return Page(200, written(families(self._told.readers)))


def families(readers: Iterable[Condition]) -> Sequence[Family]:
    """Return what Prometheus is told: of each reader its lag, and whether it gets on."""
    known = tuple(readers)

    def gauge(name: str, text: str, value: Callable[[Condition], float]) -> Family:
        samples = [({"reader": each.name}, value(each)) for each in known]
        return Family(f"tollway_reader_{name}", "gauge", text, samples)

    return (
        gauge("lag_seconds", "Since when the oldest entry waits.", lambda each: each.lag_seconds),
        gauge("lag_entries", "How many entries wait.", lambda each: each.lag_entries),
        gauge("failing", "1 while the reader does not get on.", lambda each: bool(each.failing)),
    )
