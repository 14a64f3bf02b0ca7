"""The Echo API: answers any path and method with what it was asked, in the form of 3scale's.

The quick start's upstream, and something to look at while an API does not exist yet. Headers are
shown under CGI's names (``HTTP_X_REAL_IP``), arguments decoded (a list where a name is repeated).
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

if TYPE_CHECKING:  # granian is loaded by whoever serves this
    from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]

BODY_BYTES_MAX = 1024 * 1024  # of a request's body are shown; the rest is read and dropped
BACKLOG = 1024
JSON = [("content-type", "application/json")]


async def app(scope: Scope, protocol: HTTPProtocol) -> None:
    """Answer 200 to everything. An RSGI application."""
    if scope.proto != "http":
        return
    body = await _body(scope, protocol)
    shown = {
        "method": scope.method,
        "path": scope.path,
        "args": _arguments(scope.query_string),
        "body": body.decode(errors="replace"),
        "headers": _headers(scope),
        "uuid": str(uuid.uuid4()),
    }
    protocol.response_bytes(200, JSON, msgspec.json.encode(shown))


async def serve(host: str, port: int) -> None:
    """Serve it in the running event loop until cancelled."""
    from granian.server.embed import Server

    server = Server(
        app, address=host, port=port, websockets=False, log_enabled=False, backlog=BACKLOG
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await serving


async def _body(scope: Scope, protocol: HTTPProtocol) -> bytes:
    headers = scope.headers
    open_ended = scope.http_version == "2" or "transfer-encoding" in headers
    if not open_ended and int(headers.get("content-length", 0)) <= BODY_BYTES_MAX:
        # Gives several times as many calls per second as the loop below.
        return await protocol()
    kept = bytearray()
    async for chunk in protocol:
        kept += chunk[: BODY_BYTES_MAX - len(kept)]
    return bytes(kept)


def _arguments(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _headers(scope: Scope) -> dict[str, str]:
    """Show each header once; one that came several times is joined as HTTP says."""
    found = {"HTTP_VERSION": f"HTTP/{scope.http_version}"}
    for name, value in scope.headers.items():
        key = f"HTTP_{name.upper().replace('-', '_')}"
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found
