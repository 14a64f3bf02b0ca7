"""Reads the usage streams: what was counted since, shard by shard, for the recorder.

Whoever reads keeps a position for each shard, the id of the last line that was dealt with, and may
read again from where it was. Lines are removed once they are recorded elsewhere: ``trim``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import valkey
from msgspec import Struct

from tollway.store import Cell, keys, library, spending, sync
from tollway.store.snapshot import Source
from tollway.store.spending import Counters, Tally, UsageEvent

START = "0-0"  # before the first line
_PAGE = 250  # lines of one stream in one answer: the server does nothing else meanwhile
_EVENT = msgspec.msgpack.Decoder(UsageEvent)

_logger = logging.getLogger(__name__)


class Page(Struct, frozen=True):
    """The next lines, in order within each shard; ``positions`` after them, of shards that had any.

    ``complete``: when it was read, there was nothing more.
    """

    events: Sequence[UsageEvent]
    positions: Mapping[int, str]
    complete: bool


class Question(Struct, frozen=True):
    """Whose counters, and of which metrics, by id: at least one."""

    service_id: str
    application_id: str
    metrics: Sequence[str]


class Standing(Struct, frozen=True):
    """One metric now: its counters, and how many spends each period's limit has refused."""

    cell: Cell
    refused: tuple[int, ...]


class UsageStreams:
    """Any method may raise ``StoreUnavailableError``. Not for several threads at once.

    ``source`` says whose services: the portal's have streams of their own.
    """

    def __init__(self, client: sync.Client, source: Source = Source.PORTAL) -> None:
        self._client = client
        portal = source is Source.PORTAL
        self._stream = keys.stream if portal else keys.heard
        self._merged = keys.merged if portal else keys.heard_merged

    @classmethod
    def connect(cls, url: str, source: Source = Source.PORTAL) -> UsageStreams:
        """Open the streams of a server or a cluster. A bad URL: ``ValueError``."""
        return cls(sync.connect(url), source)

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def read(self, after: Mapping[int, str], *, lines_max: int) -> Page:
        """Return the lines behind these positions (none: from the start).

        It stops asking when it has ``lines_max``, so there may be up to a page per shard more.
        """
        events: list[UsageEvent] = []
        positions: dict[int, str] = {}
        asked: Sequence[int] = range(keys.SHARDS)
        lines = 0
        while asked and lines < lines_max:
            where = ((shard, positions.get(shard) or after.get(shard, START)) for shard in asked)
            answers = self._each(
                ("XRANGE", self._stream(shard), f"({last}", "+", "COUNT", _PAGE)
                for shard, last in where
            )
            full = []
            for shard, found in zip(asked, answers, strict=True):
                lines += len(found)
                for number, fields in found:
                    positions[shard] = number.decode()
                    events += _decoded(shard, positions[shard], fields)
                if len(found) == _PAGE:
                    full.append(shard)
            asked = full
        return Page(events, positions, complete=not asked)

    def flush(self) -> None:
        """Append what was merged while the streams were long."""
        commands = [
            ("FCALL", "flush_v1", 2, self._stream(shard), self._merged(shard))
            for shard in range(keys.SHARDS)
        ]
        try:
            self._each(commands)
        except valkey.ResponseError as error:
            if library.MISSING not in str(error):
                raise
            sync.run(self._client, "FUNCTION LOAD", "REPLACE", library.code())
            self._each(commands)

    def trim(self, upto: Mapping[int, str]) -> None:
        """Remove the lines up to and with these positions."""
        self._each(
            ("XTRIM", self._stream(shard), "MINID", _next(last)) for shard, last in upto.items()
        )

    def lag(self, after: Mapping[int, str], *, at: int) -> tuple[int, int]:
        """Return how many lines wait behind these positions, and for how many seconds."""
        where = [(shard, after.get(shard, START)) for shard in range(keys.SHARDS)]
        first = self._each(
            ("XRANGE", self._stream(shard), f"({last}", "+", "COUNT", 1) for shard, last in where
        )
        oldest = [int(found[0][0].partition(b"-")[0]) // 1000 for found in first if found]
        if not oldest:
            return 0, 0
        # Lines that are recorded are trimmed at once, so the length is what waits.
        waiting = self._each(("XLEN", self._stream(shard)) for shard in range(keys.SHARDS))
        return sum(waiting), max(0, at - min(oldest))

    def counters(self, questions: Sequence[Question], *, at: int) -> list[list[Cell]]:
        """Return for each question the counters in the windows of ``at``, in its order."""
        starts = spending.starts(at)
        answers = self._each(
            ("HMGET", keys.application(q.service_id, q.application_id).cells, *q.metrics)
            for q in questions
        )
        return [
            [spending.rolled(_cell(packed), starts).reading() for packed in answer]
            for answer in answers
        ]

    def standing(self, questions: Sequence[Question], *, at: int) -> list[list[Standing]]:
        """Return counters as ``counters`` does, each with what was refused in the same windows."""
        starts = spending.starts(at)
        answers = self._each(
            (
                "HMGET",
                keys.application(q.service_id, q.application_id).cells,
                *q.metrics,
                *map(keys.tally, q.metrics),
            )
            for q in questions
        )
        return [
            [
                Standing(spending.rolled(_cell(cell), starts).reading(), _refused(tally, starts))
                for cell, tally in zip(answer[:half], answer[half:], strict=True)
            ]
            for answer in answers
            for half in [len(answer) // 2]
        ]

    def _each(self, commands: Iterable[tuple[str | bytes | int, ...]]) -> list[Any]:
        """Send commands together, each to where its key lies; return the answers in order."""
        with sync.served(), self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute())


def _next(position: str) -> str:
    milliseconds, _, number = position.partition("-")
    return f"{milliseconds}-{int(number) + 1}"


def _decoded(shard: int, position: str, fields: Mapping[bytes, bytes]) -> list[UsageEvent]:
    try:
        return [_EVENT.decode(fields[b"event"])]
    except (KeyError, msgspec.DecodeError):
        # Nobody could ever read it, and behind it wait lines that can be.
        _logger.exception("line %s of %s is no usage event", position, keys.stream(shard))
        return []


def _cell(packed: bytes | None) -> Counters:
    if packed is None:
        return Counters()
    n = msgspec.msgpack.decode(packed)
    return Counters(tuple(n[:7]), tuple(n[7:14]), tuple(n[14:21]), n[21])


def _refused(packed: bytes | None, starts: Sequence[int]) -> tuple[int, ...]:
    if packed is None:
        return Tally().refused
    n = msgspec.msgpack.decode(packed)
    return spending.in_windows(Tally(tuple(n[:7]), tuple(n[7:])), starts).refused
