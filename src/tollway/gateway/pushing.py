"""Makes NGINX agree with the catalogue, and do so again whenever either of them has changed.

The agent remembers what it has pushed. An incarnation that it does not know (NGINX was started
again, or the agent was) makes it look; nothing is removed before the feed has said everything once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from tollway.gateway.admin import Admin, UnusableError
from tollway.gateway.catalogue import Catalogue, Key, Placed
from tollway.gateway.nginx import Nginx

logger = logging.getLogger(__name__)


class Pusher:
    """``configured`` are the environments that NGINX holds all documents of.

    ``errors`` are the documents that it would not take, with its reasons.
    """

    def __init__(self, admin: Admin, nginx: Nginx, catalogue: Catalogue) -> None:
        self._admin = admin
        self._nginx = nginx
        self._catalogue = catalogue
        self._incarnation = ""
        self._held: dict[Key, str] = {}
        self.configured: set[str] = set()
        self._authority: Mapping[str, Any] | None = None
        self.errors: dict[Key, str] = {}
        self._cursors: Mapping[str, str] = {}
        self._pushed = asyncio.Event()

    async def push(self, authority: Mapping[str, Any] | None) -> None:
        """Push what differs. Raises ``AwayError``; then it has to be done again."""
        cursors = dict(self._catalogue.cursors)
        await self._look()
        if authority and authority != self._authority:
            await self._admin.place_authority(authority)
            self._authority = authority
        # A document may name a pool only when the workers know it.
        await self._nginx.ensure(self._catalogue.identities())
        for key, placed in list(self._catalogue.placed.items()):
            if self._held.get(key) != placed.version:
                await self._put(key, placed)
        for key in [k for k in self._held if self._is_gone(k)]:
            await self._admin.remove(key)
            self._held.pop(key)
            self.errors.pop(key, None)
        for environment in self._catalogue.cursors.keys() - self.configured:
            await self._admin.configured(environment)
            self.configured.add(environment)
        self._cursors = cursors
        self._pushed.set()
        self._pushed = asyncio.Event()

    async def reached(self, environment: str, cursor: str) -> None:
        """Wait until NGINX holds what the step with this cursor, the newest one, says."""
        while self._cursors.get(environment) != cursor:
            await self._pushed.wait()

    async def ailment(self, environments: Iterable[str]) -> str:
        """Say why calls cannot be answered, "" if they can. Raises ``AwayError``."""
        await self._admin.status()
        missing = [name for name in environments if name not in self.configured]
        if missing:
            return f"no configuration yet for {' and '.join(missing)}"
        if self._catalogue.placed and not self._authority:
            return "the authority has no known address"
        return ""

    async def _look(self) -> None:
        status = await self._admin.status()
        if status.incarnation != self._incarnation:
            self._held = dict(await self._admin.documents())
            self._incarnation = status.incarnation
            self.configured.clear()
            self._authority = None
            self.errors.clear()

    async def _put(self, key: Key, placed: Placed) -> None:
        self.errors.pop(key, None)
        try:
            await self._admin.put(key, placed.version, placed.hosts, placed.text)
        except UnusableError as error:
            self.errors[key] = str(error)
            logger.warning("service %s (%s) kept as it was: %s", key[1], key[0], error)
        # Also when it was refused: it would be again. The next version is another matter.
        self._held[key] = placed.version

    def _is_gone(self, key: Key) -> bool:
        return key[0] in self._catalogue.cursors and key not in self._catalogue.placed
