"""Keeps integration errors for the portal to show (Service Management API, section 14).

They are written behind the answer's back: who sends nonsense waits for no list, and a flood of it
costs the store a bounded number of lines a second.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable

from tollway import clock
from tollway.authority.answers import Rejected
from tollway.store import Store, StoreUnavailableError
from tollway.store.notes import IntegrationError, List

LINES_PER_S_MAX = 10  # of one product, in one process
PRODUCTS_MAX = 2_000
MESSAGE_CHARS_MAX = 255
_KEPT = frozenset(
    {
        "application_not_found",
        "user_key_invalid",
        "authentication_error",
        "end_users_no_longer_supported",
        "metric_invalid",
        "usage_value_invalid",
        "transaction_timestamp_too_old",
        "transaction_timestamp_too_new",
    }
)
_QUOTED = re.compile('"(.*)"', re.DOTALL)
_SHOWN_CHARS = 4

logger = logging.getLogger(__name__)


class Journal:
    """``noted`` returns what it is given, so that it stands where an answer is returned."""

    def __init__(self, store: Store, now: Callable[[], int] = clock.now) -> None:
        self._store = store
        self._now = now
        self._lines: dict[str, tuple[int, int]] = {}  # product -> second, lines in it
        self._writing: set[asyncio.Task[None]] = set()

    def noted(self, service_id: str, fault: Rejected, application: str = "") -> Rejected:
        """Keep a fault if it is one of those that are kept. Needs a running event loop."""
        if fault.code in _KEPT and self._room(service_id):
            line = IntegrationError(self._now(), fault.code, message_of(fault), application)
            task = asyncio.create_task(self._write(service_id, line))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return fault

    async def written(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing)

    def _room(self, service_id: str) -> bool:
        now = self._now()
        second, lines = self._lines.get(service_id, (now, 0))
        lines = lines + 1 if second == now else 1
        if service_id not in self._lines and len(self._lines) >= PRODUCTS_MAX:
            self._lines.pop(next(iter(self._lines)))
        self._lines[service_id] = now, lines
        return lines <= LINES_PER_S_MAX

    async def _write(self, service_id: str, line: IntegrationError) -> None:
        try:
            await self._store.note(List.ERRORS, service_id, [line])
        except StoreUnavailableError:
            logger.warning("an integration error of service %s is not kept", service_id)


def message_of(fault: Rejected) -> str:
    """Return the message as it may be kept: of a user key, only how it begins.

    >>> message_of(Rejected(403, "user_key_invalid", 'user key "5ec2e7abcd" is invalid'))
    'user key "5ec2…" is invalid'
    """
    text = fault.message
    if fault.code == "user_key_invalid":
        text = _QUOTED.sub(lambda found: f'"{found[1][:_SHOWN_CHARS]}…"', text)
    return text[:MESSAGE_CHARS_MAX]
