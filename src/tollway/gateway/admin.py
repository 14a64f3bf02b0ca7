"""The agent's side of NGINX's admin socket (``lua/tollway/admin.lua``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

TIMEOUT_S = 5.0


class Status(Struct, frozen=True):
    """``incarnation`` names the shared memory, ``fingerprint`` the nginx.conf of who answered."""

    incarnation: str
    fingerprint: str
    master: int
    workers: Sequence[int] = ()


class AwayError(Exception):
    """NGINX does not answer: it is not there, or just starting or ending."""


class UnusableError(Exception):
    """NGINX refused what was pushed. The message is its reason; what it had stays."""


class Admin:
    """Every method may raise ``AwayError``."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        self._http = httpx.AsyncClient(
            transport=transport, base_url="http://nginx", timeout=TIMEOUT_S, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def status(self) -> Status:
        return msgspec.convert(await self._ask("GET", "/status"), Status)

    async def documents(self) -> Mapping[tuple[str, str], str]:
        """Return the version of every document that NGINX holds, by environment and service id."""
        found: Mapping[str, Mapping[str, str]] = await self._ask("GET", "/documents")
        return {
            (environment, service_id): version
            for environment, versions in found.items()
            for service_id, version in versions.items()
        }

    async def put(
        self, key: tuple[str, str], version: str, hosts: Sequence[str], document: str
    ) -> None:
        """Let these hosts be answered by this document. Raises ``UnusableError``."""
        body = {"version": version, "hosts": hosts, "document": document}
        await self._ask("PUT", _path(key), body)

    async def remove(self, key: tuple[str, str]) -> None:
        await self._ask("DELETE", _path(key))

    async def configured(self, environment: str) -> None:
        """Tell that all documents are there: from now on an unknown host is answered 404."""
        await self._ask("PUT", f"/configured/{environment}")

    async def place_authority(self, place: Mapping[str, Any]) -> None:
        await self._ask("PUT", "/authority", place)

    async def metrics(self) -> Mapping[str, int]:
        counts: Mapping[str, int] = await self._ask("GET", "/metrics")
        return counts

    async def refusals(self) -> Sequence[Any]:
        """Take what was refused and not taken before, oldest first."""
        lines: Sequence[Any] = await self._ask("POST", "/refusals")
        return lines

    async def forget_remembered(self) -> None:
        """Forget which access tokens were good, and whom the authority admitted."""
        await self._ask("DELETE", "/remembered")

    async def info(self) -> Mapping[str, Any]:
        """Return what the worker that answers says of its timers and of itself."""
        told: Mapping[str, Any] = await self._ask("GET", "/info")
        return told

    async def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  (JSON)
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = await self._http.request(method, path, content=content)
        except httpx.TransportError as error:
            raise AwayError(f"NGINX does not answer: {error!r}") from error
        if answer.status_code == 200:
            return msgspec.json.decode(answer.content)
        if answer.status_code == 422:
            raise UnusableError(msgspec.json.decode(answer.content)["error"])
        raise AwayError(f"NGINX answered {answer.status_code} to {method} {path}")


def _path(key: tuple[str, str]) -> str:
    environment, service_id = key
    return f"/documents/{environment}/{quote(service_id, safe='')}"
