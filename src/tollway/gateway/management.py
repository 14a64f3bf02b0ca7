"""The management API of a gateway without a portal: what it serves, and whether it does.

It has APIcast's routes and answers (specifications of the gateway, section j), but one call is
enough for all workers: a new configuration is in force, and what was remembered under the old one
forgotten, when the answer is sent. Nobody is asked who they are: the port is for the operator only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from msgspec import Struct

from tollway.exposition import Source
from tollway.gateway.admin import AwayError
from tollway.gateway.held import ConfigurationError, Services

if TYPE_CHECKING:
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

BODY_BYTES_MAX = 64 * 1024 * 1024
BACKLOG = 64
JSON, TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"

# What a portal reads to know which policies may be used here.
POLICIES: Mapping[str, list[Mapping[str, Any]]] = {
    name: [
        {
            "$schema": "http://apicast.io/policy-v1/schema#manifest#",
            "name": title,
            "summary": summary,
            "version": "builtin",
            "configuration": {"type": "object", "properties": {}},
        }
    ]
    for name, title, summary in (
        ("apicast", "Tollway", "Credentials, mapping rules, authorization and the upstream."),
        ("routing", "Routing", "Backends of a product, chosen by the path of the call."),
    )
}


class Reply(Struct, frozen=True):
    """``body`` is sent as JSON, unless it is text."""

    status: int
    body: object


class Gateway(Protocol):
    """What is managed (``agent``). Each method may raise ``AwayError``: NGINX does not answer."""

    @property
    def services(self) -> Services | None:
        """What is to be served, None when nothing is configured."""

    async def ailment(self) -> str:
        """Say why calls cannot be answered, "" if they can."""

    async def configure(self, content: bytes | None) -> None:
        """Serve this configuration and return when that is so; None takes away what there is.

        Raises ``ConfigurationError``; then what was in force stays.
        """

    async def boot(self) -> None:
        """Read the file again, and return when that is in force. Raises ``ConfigurationError``."""

    async def info(self) -> Mapping[str, Any]: ...

    def names(self) -> Mapping[str, Any]:
        """Return the addresses of each host that calls go to."""


Handler = Callable[[bytes], Awaitable[Reply]]


class Management:
    """``mode`` is one of ``standalone.MODES``; ``pages`` are the operator's, as on other ports."""

    def __init__(self, gateway: Gateway, mode: str, pages: Mapping[str, Source]) -> None:
        self._gateway = gateway
        self._mode = mode
        self._routes = self._of_mode(pages)

    async def answer(self, method: str, path: str, body: bytes) -> Reply:
        if self._mode == "disabled":
            return Reply(403, "the management API is disabled\n")
        handler = self._routes.get((method, path))
        if handler is None:
            return Reply(404, f"there is no {method} {path} here\n")
        try:
            return await handler(body)
        except ConfigurationError as error:
            return _failed(400, str(error))
        except AwayError as error:
            return _failed(503, str(error))

    def _of_mode(self, pages: Mapping[str, Source]) -> dict[tuple[str, str], Handler]:
        policies: dict[tuple[str, str], Handler] = {("GET", "/policies/"): self._policies}
        if self._mode == "policies":
            return policies
        status: dict[tuple[str, str], Handler] = {
            **policies,
            **{("GET", path): _shown(source) for path, source in pages.items()},
            ("GET", "/status/live"): self._live,
            ("GET", "/status/ready"): self._ready,
            ("GET", "/status/info"): self._info,
        }
        if self._mode == "status":
            return status
        return {
            **status,
            ("GET", "/config"): self._config,
            ("PUT", "/config"): self._configure,
            ("POST", "/config"): self._configure,
            ("DELETE", "/config"): self._clear,
            ("POST", "/boot"): self._boot,
            ("GET", "/dns/cache"): self._names,
        }

    async def _policies(self, _: bytes) -> Reply:
        return Reply(200, {"policies": POLICIES})

    async def _live(self, _: bytes) -> Reply:
        return Reply(200, {"status": "live", "success": True})

    async def _ready(self, _: bytes) -> Reply:
        services = self._gateway.services
        ailment = "not configured" if services is None else await self._gateway.ailment()
        if ailment:
            return Reply(412, {"status": "error", "error": ailment, "success": False})
        if not services:
            return Reply(200, {"status": "warning", "warning": "no services", "success": True})
        return Reply(200, {"status": "ready", "success": True})

    async def _info(self, _: bytes) -> Reply:
        return Reply(200, await self._gateway.info())

    async def _config(self, _: bytes) -> Reply:
        return Reply(200, {"services": self._gateway.services or []})

    async def _configure(self, body: bytes) -> Reply:
        await self._gateway.configure(body)
        return self._configured()

    async def _boot(self, _: bytes) -> Reply:
        await self._gateway.boot()
        return self._configured()

    async def _clear(self, _: bytes) -> Reply:
        await self._gateway.configure(None)
        return Reply(200, {"status": "ok", "config": None})

    async def _names(self, _: bytes) -> Reply:
        return Reply(200, self._gateway.names())

    def _configured(self) -> Reply:
        services = self._gateway.services or []
        told = {"config": {"services": services}, "services": len(services)}
        if not services:
            return Reply(406, {"status": "not_configured", **told})
        return Reply(200, {"status": "ok", **told})


async def serve(management: Management, host: str, port: int) -> None:
    """Answer in the running event loop until cancelled."""
    from granian.server.embed import Server

    async def app(scope: Scope, protocol: HTTPProtocol) -> None:
        body = await _body(protocol)
        if body is None:
            reply = _failed(413, f"more than {BODY_BYTES_MAX} bytes")
        else:
            reply = await management.answer(scope.method, scope.path, body)
        if isinstance(reply.body, str):
            kind, content = TEXT, reply.body.encode()
        else:
            kind, content = JSON, msgspec.json.encode(reply.body)
        protocol.response_bytes(reply.status, [("content-type", kind)], content)

    server = Server(
        app, address=host, port=port, websockets=False, log_enabled=False, backlog=BACKLOG
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await serving


def _shown(source: Source) -> Handler:
    async def handler(_: bytes) -> Reply:
        page = await source()
        return Reply(page.status, page.body)

    return handler


def _failed(status: int, why: str) -> Reply:
    return Reply(status, {"status": "error", "error": why})


async def _body(protocol: HTTPProtocol) -> bytes | None:
    """Read a body to its end, and return it unless it is too long."""
    kept, length = bytearray(), 0
    async for chunk in protocol:
        length += len(chunk)
        kept += chunk if length <= BODY_BYTES_MAX else b""
    return bytes(kept) if length <= BODY_BYTES_MAX else None
