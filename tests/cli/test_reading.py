"""What the worker says of its readers is what `status` shows, and more so when it says nothing."""

from __future__ import annotations

import asyncio

from tollway import clock
from tollway.cli import reading
from tollway.cli.board import Board
from tollway.cli.datadir import DataDir
from tollway.cli.reading import Condition
from tollway.portal.events import readers

LATE = Condition("recorder", 12, 3400, "StoreUnavailableError: away")


def test_what_the_worker_tells_is_read(data: DataDir) -> None:
    told = [readers.Condition("publish"), readers.Condition("recorder", 12, 3400, LATE.failing)]
    Board(data.path).tell(told)
    assert reading.conditions(data, at=clock.now()) == (Condition("publish"), LATE)


def test_before_the_worker_has_said_anything_there_is_nothing(data: DataDir) -> None:
    assert reading.conditions(data, at=clock.now()) == ()


def test_a_worker_that_is_silent_is_behind_by_its_silence(data: DataDir) -> None:
    Board(data.path).tell([readers.Condition("publish"), LATE])
    later = clock.now() + 60
    first, second = reading.conditions(data, at=later)
    assert 59 <= first.lag_seconds <= 61
    assert 71 <= second.lag_seconds <= 73
    assert "the worker has not been heard of for" in first.failing
    assert second.lag_entries == LATE.lag_entries


def test_prometheus_is_told_what_the_worker_told(data: DataDir) -> None:
    board = Board(data.path)
    board.tell([readers.Condition("publish"), LATE])
    page = asyncio.run(board.metrics())
    assert page.status == 200
    assert [line for line in page.body.splitlines() if not line.startswith("#")] == [
        'tollway_reader_lag_seconds{reader="publish"} 0',
        'tollway_reader_lag_seconds{reader="recorder"} 12',
        'tollway_reader_lag_entries{reader="publish"} 0',
        'tollway_reader_lag_entries{reader="recorder"} 3400',
        'tollway_reader_failing{reader="publish"} 0',
        'tollway_reader_failing{reader="recorder"} 1',
    ]


def test_a_worker_is_well_while_it_tells_anything(data: DataDir) -> None:
    board = Board(data.path)
    assert asyncio.run(board.health()).status == 503
    board.tell([LATE])
    assert asyncio.run(board.health()).status == 200
