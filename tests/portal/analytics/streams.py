"""Usage streams in a list, with faults where a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tollway.store import Cell, keys
from tollway.store.spending import UsageEvent
from tollway.store.usage import Page, Question

ZERO = Cell((0,) * 7)


class CrashError(Exception):
    """The recorder dies here."""


class Listed:
    """What ``UsageStreams`` does, without a server. A page has ``page`` lines of each shard.

    ``cells`` answer by application and metric; ``before`` is called first by every method.
    """

    def __init__(self, events: Iterable[UsageEvent] = (), *, page: int = 100) -> None:
        self.page = page
        self.cells: dict[tuple[str, str], Cell] = {}
        self.before: Callable[[], None] = lambda: None
        self._lines: dict[int, list[tuple[int, UsageEvent]]] = {}
        self._last = 0
        for event in events:
            self.append(event)

    def append(self, event: UsageEvent) -> None:
        self._last += 1
        shard = keys.shard(event.service_id, event.application_id)
        self._lines.setdefault(shard, []).append((self._last, event))

    @property
    def waiting(self) -> int:
        return sum(map(len, self._lines.values()))

    def read(self, after: Mapping[int, str], *, lines_max: int) -> Page:
        self.before()
        assert lines_max > 0
        events: list[UsageEvent] = []
        positions, complete = {}, True
        for shard, lines in self._lines.items():
            new = [line for line in lines if line[0] > _number(after.get(shard, "0-0"))]
            complete = complete and len(new) <= self.page
            for number, event in new[: self.page]:
                events.append(event)
                positions[shard] = f"{number}-0"
        return Page(events, positions, complete)

    def trim(self, upto: Mapping[int, str]) -> None:
        self.before()
        for shard, last in upto.items():
            self._lines[shard] = [line for line in self._lines[shard] if line[0] > _number(last)]

    def flush(self) -> None:
        self.before()

    def counters(self, questions: Sequence[Question], *, at: int) -> list[list[Cell]]:
        self.before()
        assert at > 0
        return [[self.cells.get((q.application_id, m), ZERO) for m in q.metrics] for q in questions]


def _number(position: str) -> int:
    return int(position.partition("-")[0])


class Steps:
    """Counts what a recorder does, SQL statements and questions to the store; dies at ``fatal``."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.done = 0

    def __call__(self) -> None:
        self.done += 1
        if self.done == self.fatal:
            raise CrashError

    def around(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self()
        return execute(sql, params, many, context)


@contextmanager
def dying(streams: Listed, fatal: int) -> Iterator[Steps]:
    """Let the recorder die at its ``fatal``-th step, if it comes so far; 0: never."""
    steps = Steps(fatal)
    streams.before = steps
    try:
        with connection.execute_wrapper(steps.around):
            yield steps
    finally:
        streams.before = lambda: None
