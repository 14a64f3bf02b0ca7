"""The reader that writes letters, as the worker runs it."""

from __future__ import annotations

from tollway import clock
from tollway.portal.events import selectors as log
from tollway.portal.events.readers import Lag
from tollway.portal.notices.services import BATCH, READER, announce

POLL_S = 0.25


class Notices:
    name = READER

    def step(self) -> float:
        """Announce the next events; return how long to wait: not at all if there are more."""
        return POLL_S if announce() < BATCH else 0

    def lag(self) -> Lag:
        """Return how many events wait; of all tenants, since the oldest of them."""
        waiting = log.waiting(log.position_of(READER))
        if waiting is None:
            return Lag()
        count, since = waiting
        return Lag(count, max(0, clock.now() - int(since.timestamp())))

    def close(self) -> None:
        """There is nothing to close."""
