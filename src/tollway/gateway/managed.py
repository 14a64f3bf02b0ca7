"""What the operator of a gateway without a portal does: configures it, and waits for that.

Changes come from the file and from the management API, one after the other. Each is waited for
until NGINX holds it; then what was remembered under the configuration before is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct

from tollway.gateway.addresses import Addresses
from tollway.gateway.admin import Admin, AwayError
from tollway.gateway.held import ConfigurationError, Held, Services, load, parse
from tollway.gateway.issuers import Issuers
from tollway.gateway.pushing import Pusher
from tollway.gateway.standalone import Standalone

IN_FORCE_S = 20.0  # names are asked for, and NGINX may have to reload for a new TLS upstream

logger = logging.getLogger(__name__)


class Parts(Struct, frozen=True):
    """The agent's own, as far as a change of configuration concerns them."""

    admin: Admin
    pusher: Pusher
    addresses: Addresses
    issuers: Issuers


class Managed:
    """Implements ``management.Gateway``."""

    def __init__(self, alone: Standalone, held: Held, parts: Parts) -> None:
        self._alone = alone
        self._held = held
        self._parts = parts
        self._one_at_a_time = asyncio.Lock()
        self._asked = asyncio.Event()
        self._of_file = held.services  # what it said the last time

    @property
    def services(self) -> Services | None:
        return self._held.services

    async def ailment(self) -> str:
        return await self._parts.pusher.ailment((self._alone.environment,))

    async def configure(self, content: bytes | None) -> None:
        await self._take(None if content is None else parse(content, *self._wanted))

    async def boot(self) -> None:
        await self._take(self._read())

    async def info(self) -> Mapping[str, Any]:
        return await self._parts.admin.info()

    def names(self) -> Mapping[str, Any]:
        return self._parts.addresses.all()

    def read_again(self) -> None:
        """Have the file read, soon (SIGHUP)."""
        self._asked.set()

    async def follow_file(self) -> None:
        """Read the file when asked to, and every few seconds if the operator wants that."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._alone.reload_s or None):
                    await self._asked.wait()
            asked = self._asked.is_set()
            self._asked.clear()
            try:
                before, services = self._of_file, self._read()
                if asked or services != before:
                    await self._take(services)
                    logger.info("%d services of the file are served", len(services))
            except (ConfigurationError, AwayError) as error:
                logger.error("what was configured stays: %s", error)  # noqa: TRY400  (no bug)

    @property
    def _wanted(self) -> tuple[Any, Any]:
        return self._alone.environment, self._alone.selection

    def _read(self) -> Services:
        if self._alone.config is None:
            raise ConfigurationError("this gateway was given no file to read")
        self._of_file = load(self._alone.config, *self._wanted)
        return self._of_file

    async def _take(self, services: Services | None) -> None:
        environment, parts = self._alone.environment, self._parts
        async with self._one_at_a_time:
            cursor = self._held.replace(services)
            try:
                async with asyncio.timeout(IN_FORCE_S):
                    await parts.pusher.reached(environment, cursor)
            except TimeoutError:
                raise AwayError("this is in force as soon as NGINX answers") from None
            parts.issuers.keep(())
            await parts.admin.forget_remembered()
            if parts.pusher.errors:
                (_, service_id), why = next(iter(parts.pusher.errors.items()))
                raise ConfigurationError(f"service {service_id} is served as it was: {why}")
