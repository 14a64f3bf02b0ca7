"""Readers side by side: one that fails does not stop the others, and none is stopped half-way."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tollway.portal.events import readers
from tollway.portal.events.readers import Condition, Lag

PATIENCE_S = 10


class Counting:
    """Counts its steps; fails while told to, is behind by ``waiting``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps = self.closed = 0
        self.fault: Exception | None = None
        self.lag_fault: Exception | None = None
        self.waiting: Lag | None = None
        self.hold = threading.Event()
        self.hold.set()

    def step(self) -> float:
        self.steps += 1
        self.hold.wait(PATIENCE_S)
        if self.fault:
            raise self.fault
        return 0 if self.waiting else 0.01

    def lag(self) -> Lag:
        if self.lag_fault:
            raise self.lag_fault
        return self.waiting or Lag()

    def close(self) -> None:
        self.closed += 1


class Board:
    """Where the readers' conditions are told."""

    def __init__(self) -> None:
        self.now = 1000
        self.told: tuple[Condition, ...] = ()

    def tell(self, conditions: object) -> None:
        self.told = tuple(conditions)  # type: ignore[arg-type]


@contextmanager
def running(board: Board, *each: Counting) -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        readers.run(each, stop, now=lambda: board.now, tell=board.tell)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def eventually(fact: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(readers, "_PAUSES_S", (0.01,))
    monkeypatch.setattr(readers, "TELL_S", 0.01)


def test_each_reader_steps_and_is_closed_once() -> None:
    board, one, two = Board(), Counting("one"), Counting("two")
    with running(board, one, two):
        eventually(lambda: one.steps > 2 and two.steps > 2)
    assert (one.closed, two.closed) == (1, 1)
    assert board.told == (Condition("one"), Condition("two"))


def test_one_that_fails_says_why_and_does_not_stop_the_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    board, ill, well = Board(), Counting("ill"), Counting("well")
    ill.fault, ill.lag_fault = ValueError("no disk"), OSError("nothing at all")
    with running(board, ill, well):
        eventually(lambda: ill.steps > 3)
        before = well.steps
        eventually(lambda: well.steps > before)
        board.now += 7
        failing = Condition("ill", 7, 0, "ValueError: no disk")
        eventually(lambda: board.told == (failing, Condition("well")))
        ill.lag_fault = ill.fault = None
        eventually(lambda: board.told == (Condition("ill"), Condition("well")))
    messages = [r.message for r in caplog.records if r.levelno == logging.WARNING]
    assert messages == ["ill has stopped for now: ValueError: no disk", "ill goes on"]


def test_what_waits_is_told_also_while_the_reader_fails() -> None:
    board, late = Board(), Counting("late")
    late.waiting = Lag(500, 30)
    with running(board, late):
        eventually(lambda: board.told == (Condition("late", 30, 500),))
        late.fault = ValueError("away")
        late.waiting = Lag(600, 40)
        eventually(lambda: board.told == (Condition("late", 40, 600, "ValueError: away"),))


def test_asked_to_stop_it_finishes_its_batch() -> None:
    board, slow = Board(), Counting("slow")
    slow.hold.clear()
    with running(board, slow):
        eventually(lambda: slow.steps == 1)
        threading.Timer(0.1, slow.hold.set).start()
    assert (slow.steps, slow.closed) == (1, 1)


def test_pauses_grow_and_are_never_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_PAUSES_S", (1.0, 2.0))
    reader = Counting("ill")
    reader.fault = ValueError("x")
    loop = readers._Loop(reader, threading.Event(), lambda: 0)
    pauses = [loop._round() for _ in range(20)]
    assert 0.5 <= pauses[0] <= 1
    assert all(1 <= pause <= 2 for pause in pauses[1:])
    assert len(set(pauses)) == 20
