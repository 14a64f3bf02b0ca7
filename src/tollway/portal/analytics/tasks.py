"""The recorder as a reader of the worker's: from the usage streams to rows, four times a second."""

from __future__ import annotations

from tollway import clock
from tollway.config import Settings
from tollway.portal.analytics import selectors
from tollway.portal.analytics.services import record, tidy
from tollway.portal.events.readers import Lag
from tollway.store.usage import UsageStreams

POLL_S = 0.2
PERIOD_S = 0.25  # between two commits: SQLite has one writer at a time, and others wait for it


class Recorder:
    """Open it in the thread that uses it, which is where it is first asked for a step."""

    name = "recorder"

    def __init__(self, settings: Settings) -> None:
        self._url = settings.valkey_url
        self._streams: UsageStreams | None = None
        self._is_tidy = False  # whether all that waits is in the streams, and nothing else is

    def step(self) -> float:
        """Record what there is, up to a batch; return how long to wait."""
        began_s = clock.since_boot_s()
        streams = self._opened()
        if not self._is_tidy:
            tidy(streams)
        self._is_tidy = False
        page = record(streams, at=clock.now())
        self._is_tidy = page.complete
        if not page.positions:
            return POLL_S
        return max(0, began_s + PERIOD_S - clock.since_boot_s())

    def lag(self) -> Lag:
        positions = selectors.positions(selectors.cursor())
        return Lag(*self._opened().lag(positions, at=clock.now()))

    def close(self) -> None:
        if self._streams is not None:
            self._streams.close()

    def _opened(self) -> UsageStreams:
        if self._streams is None:
            self._streams = UsageStreams.connect(self._url)
        return self._streams
