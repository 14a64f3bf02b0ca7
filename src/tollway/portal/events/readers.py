"""The worker's readers: each follows a log with a cursor of its own, in a thread of its own.

A reader that fails is asked again, ever later; the others do not notice. How far each is behind is
told again and again, for those who operate it.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from django.db import Error as DatabaseError
from django.db import connection
from msgspec import Struct

from tollway import clock
from tollway.store import StoreUnavailableError

TELL_S = 0.5
_PAUSES_S = (0.25, 0.5, 1.0, 2.0, 5.0)  # after the first failure in a row, the second, ...

_logger = logging.getLogger(__name__)


class ServerAwayError(Exception):
    """A server that a reader needs does not do its work. The message says which, and why."""


# No traceback for these.
_EXPECTED = (StoreUnavailableError, DatabaseError, ServerAwayError)


class Lag(Struct, frozen=True):
    """What waits: how many entries of the log, and since how long the oldest does."""

    entries: int = 0
    seconds: int = 0


NONE = Lag()


class Reader(Protocol):
    """Whatever it opens, it opens in ``step`` or ``lag``: both are called in its own thread."""

    @property
    def name(self) -> str: ...

    def step(self) -> float:
        """Deal with the next batch. Return for how long to wait until the next one, in seconds.

        Whatever it raises, the same step is tried again later.
        """
        ...

    def lag(self) -> Lag: ...

    def close(self) -> None: ...


class Condition(Struct, frozen=True):
    """How a reader is. ``failing``: why it does not get on; "" if it does."""

    name: str
    lag_seconds: int = 0
    lag_entries: int = 0
    failing: str = ""


def run(
    readers: Sequence[Reader],
    stop: threading.Event,
    *,
    now: Callable[[], int],
    tell: Callable[[Sequence[Condition]], None],
) -> None:
    """Let all of them read until ``stop`` is set; return when each has finished its last batch."""
    loops = [_Loop(reader, stop, now) for reader in readers]
    threads = [threading.Thread(target=loop.run, name=loop.condition.name) for loop in loops]
    for thread in threads:
        thread.start()
    while not stop.wait(TELL_S):
        tell([loop.condition for loop in loops])
    for thread in threads:
        thread.join()
    tell([loop.condition for loop in loops])


class _Loop:
    """``condition`` is replaced whole, so that another thread may look at any time."""

    def __init__(self, reader: Reader, stop: threading.Event, now: Callable[[], int]) -> None:
        self.condition = Condition(reader.name)
        self._reader = reader
        self._stop = stop
        self._now = now
        self._failures = 0
        self._well_at = now()
        self._measure_at_s = 0.0

    def run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self._round())
        self._reader.close()
        connection.close()

    def _round(self) -> float:
        """Let the reader take a step; return how long to wait, whatever comes of it."""
        try:
            wait_s = self._reader.step()
            lag = self._measured()
        except Exception as error:  # noqa: BLE001  (a fault of one reader must not end the worker)
            return self._failed(error)
        if self._failures:
            _logger.warning("%s goes on", self._reader.name)
        self._failures = 0
        self._well_at = self._now()
        self._tell(lag, "")
        return wait_s

    def _measured(self) -> Lag:
        """Return the lag: as it is, or was a moment ago, for to measure it costs queries."""
        since_boot_s = clock.since_boot_s()
        if since_boot_s >= self._measure_at_s:
            self._measure_at_s = since_boot_s + TELL_S
            return self._reader.lag()
        return Lag(self.condition.lag_entries, self.condition.lag_seconds)

    def _failed(self, error: Exception) -> float:
        reason = f"{type(error).__name__}: {error}".strip()
        if reason != self.condition.failing:
            unheard_of = None if isinstance(error, _EXPECTED) else error
            _logger.warning(
                "%s has stopped for now: %s", self._reader.name, reason, exc_info=unheard_of
            )
        # A connection may be what is broken; the next step opens another one.
        connection.close()
        lag = Lag(self.condition.lag_entries, self._now() - self._well_at)
        with suppress(Exception):  # what failed the step may fail this as well
            lag = self._reader.lag()
        self._tell(lag, reason)
        pause_s = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._failures += 1
        return pause_s * random.uniform(0.5, 1)  # noqa: S311  (so that not all come at once)

    def _tell(self, lag: Lag, failing: str) -> None:
        self.condition = Condition(self._reader.name, lag.seconds, lag.entries, failing)
