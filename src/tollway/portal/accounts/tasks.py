"""Reminders, as the worker sees to them."""

from __future__ import annotations

from tollway import clock
from tollway.portal.accounts.services.reminders import remind_due
from tollway.portal.events.readers import NONE, Lag

PERIOD_S = 600.0


class Reminders:
    """Reads no log: every ten minutes it looks who has not followed a link."""

    name = "reminders"

    def step(self) -> float:
        """Write to those who are due; return how long to wait, not at all if there were any."""
        return 0 if remind_due(clock.utc_now()) else PERIOD_S

    def lag(self) -> Lag:
        return NONE

    def close(self) -> None:
        """There is nothing to close."""
