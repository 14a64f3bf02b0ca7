"""The end of tenants, as the worker sees to it."""

from __future__ import annotations

from tollway import clock
from tollway.portal.events.readers import NONE, Lag
from tollway.portal.onboarding.deletion import delete_due_tenants

PERIOD_S = 60.0


class Deletions:
    """Reads no log: once a minute it looks whose time has come."""

    name = "deletions"

    def step(self) -> float:
        """Delete the tenants that are due; return how long to wait."""
        delete_due_tenants(clock.utc_now())
        return PERIOD_S

    def lag(self) -> Lag:
        return NONE

    def close(self) -> None:
        """There is nothing to close."""
