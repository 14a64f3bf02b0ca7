"""The configuration of a gateway without a portal: read from a file, or given by its operator.

A configuration is taken as a whole or not at all: what cannot be served is refused with the name of
the field, and what was in force stays. It has APIcast's shape: ``{"services": [SERVICE, …]}``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tollway.gateway.compile import Environment, compile_service
from tollway.gateway.document import CompileError
from tollway.gateway.standalone import Selection
from tollway.store.snapshot import Configurations

logger = logging.getLogger(__name__)

Services = Sequence[Mapping[str, Any]]


class ConfigurationError(Exception):
    """A configuration cannot be served. The message names the field and says what is wrong."""


def parse(content: bytes, environment: Environment, selection: Selection) -> Services:
    """Return the services to serve; ``{}`` and an empty list are none. Raises the error above."""
    try:
        document = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"this is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError('the configuration must be an object like {"services": []}')
    services = document.get("services")
    if not isinstance(services, list | None):
        raise ConfigurationError("services: must be a list")
    chosen: dict[str, Mapping[str, Any]] = {}
    for index, service in enumerate(services or []):
        _add(chosen, f"services[{index}]", service, environment, selection)
    return list(chosen.values())


def load(path: Path, environment: Environment, selection: Selection) -> Services:
    """Read a file. Raises ``ConfigurationError``, which names it."""
    try:
        return parse(path.read_bytes(), environment, selection)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


class Held:
    """What is to be served. ``services`` None: not configured; ``number`` counts the changes."""

    def __init__(self) -> None:
        self.services: Services | None = None
        self.number = 0
        self._changed = asyncio.Event()

    def replace(self, services: Services | None) -> str:
        """Serve these and nothing else; return the cursor of the step that says so."""
        self.services = services
        self.number += 1
        self._changed.set()
        self._changed = asyncio.Event()
        return self.cursor

    @property
    def cursor(self) -> str:
        return f"held-{self.number}"

    async def after(self, number: int) -> None:
        while self.number == number:
            await self._changed.wait()


class HeldFeed:
    """The feed's face of what is held; each step is a complete one."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._number = 0  # of the last step: nothing is known before the first change

    async def step(self) -> Configurations:
        await self._held.after(self._number)
        self._number = self._held.number
        return Configurations(self._held.cursor, True, list(self._held.services or []))

    async def close(self) -> None:
        """Keep nothing open."""


def _add(
    chosen: dict[str, Mapping[str, Any]],
    field: str,
    service: object,
    environment: Environment,
    selection: Selection,
) -> None:
    """Take over a service that is wanted; of two with one id the first counts, as in APIcast."""
    if not isinstance(service, dict):
        raise ConfigurationError(f"{field}: must be an object")
    service_id = service.get("id", "default")
    if not isinstance(service_id, int | str) or isinstance(service_id, bool):
        raise ConfigurationError(f"{field}.id: must be a number or a text")
    if not selection.has(str(service_id), _hosts(service)):
        return
    if str(service_id) in chosen:
        logger.warning("%s: there is a service %s already, and the first counts", field, service_id)
        return
    try:
        compile_service(service, environment)
    except CompileError as error:
        raise ConfigurationError(f"{field}.{error}") from None
    chosen[str(service_id)] = service


def _hosts(service: Mapping[str, Any]) -> list[str]:
    match service:
        case {"proxy": {"hosts": [*hosts]}}:
            return [host for host in hosts if isinstance(host, str)]
        case _:
            return []
