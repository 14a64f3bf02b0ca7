"""Tells another program that there are events to fetch (section 15): 3scale's portal waits for it.

While the queue is not empty, one of all processes rings once a minute. What it says is a secret
that the two share, and nothing about the events.
"""

from __future__ import annotations

import logging

from msgspec import Struct

from tollway.authority.internal.calls import Store
from tollway.store import keys
from tollway.store.changing import Draft

PAUSE_S = 60
TIMEOUT_S = 5.0

_logger = logging.getLogger(__name__)


class Hook(Struct, frozen=True):
    """``url`` "" is no hook."""

    url: str = ""
    secret: str = ""

    def due(self, store: Store) -> bool:
        """Claim the next ring, if it is time for it. Raises ``StoreUnavailableError``."""
        return self.url != "" and store.publisher.change(_claimed)

    async def ring(self) -> None:
        """Ring. Whoever does not answer is rung again, a minute later.

        An HTTP client is only loaded where there is a hook.
        """
        import httpx

        from tollway.net import dial

        url, headers = dial(self.url)
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
                answer = await client.post(url, data={"secret": self.secret}, headers=headers)
        except httpx.HTTPError as error:
            _logger.warning("the events hook does not answer: %s", type(error).__name__)
            return
        if not answer.is_success:
            _logger.warning("the events hook answers %s", answer.status_code)


def _claimed(draft: Draft) -> bool:
    if not draft.ask("ZCARD", keys.EVENTS):
        return False
    return draft.ask("SET", keys.RUNG, 1, "NX", "EX", PAUSE_S) is not None
