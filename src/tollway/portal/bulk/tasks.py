"""The reader that does bulk runs, as the worker runs it."""

from __future__ import annotations

from tollway import clock
from tollway.portal.bulk import selectors, services
from tollway.portal.events.readers import Lag

POLL_S = 0.5
PAUSE_S = 0.05  # between two batches: SQLite has one writer at a time, and others wait for it
TIDY_S = 3600.0


class BulkRuns:
    """A batch of one run, then one of the next: a long run does not keep a short one waiting."""

    name = "bulk"

    def __init__(self) -> None:
        self._tidy_at_s = 0.0

    def step(self) -> float:
        """Do the next batch; return how long to wait: a moment if there may be more."""
        since_boot_s = clock.since_boot_s()
        if since_boot_s >= self._tidy_at_s:
            self._tidy_at_s = since_boot_s + TIDY_S
            services.tidy()
        return PAUSE_S if services.step() else POLL_S

    def lag(self) -> Lag:
        """Return how many runs wait, and for how long the next one has for its next batch."""
        count, since = selectors.lag()
        if since is None:
            return Lag()
        return Lag(count, max(0, clock.now() - int(since.timestamp())))

    def close(self) -> None:
        """There is nothing to close."""
