"""``GET /healthz`` and ``GET /metrics`` of a process, for the operator's probes and Prometheus.

Two short answers a few times a minute: a server of forty lines, so that neither a gateway node nor
the worker needs a web server in Python.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

HEAD_BYTES_MAX = 8192
TIMEOUT_S = 5.0

Labels = Mapping[str, str]


class Family(Struct, frozen=True):
    """One metric with its samples; ``kind`` is "counter" or "gauge"."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[Labels, float]]


class Page(Struct, frozen=True):
    status: int
    body: str


Source = Callable[[], Awaitable[Page]]


def written(families: Iterable[Family]) -> str:
    """Write families in Prometheus' text format.

    >>> print(written([Family("up", "gauge", "Whether it is.", [({"a": "b"}, 1)])]), end="")
    # HELP up Whether it is.
    # TYPE up gauge
    up{a="b"} 1
    """
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{_labelled(labels)} {value:g}" for labels, value in family.samples]
    return "".join(f"{line}\n" for line in lines)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket to serve at. Raises ``OSError``: port taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


async def serve(listener: socket.socket, pages: Mapping[str, Source]) -> None:
    """Answer GET requests for these paths until cancelled."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(await _page(head, pages)))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, sock=listener, limit=HEAD_BYTES_MAX)
    async with server:
        await server.serve_forever()


async def _page(head: bytes, pages: Mapping[str, Source]) -> Page:
    method, target, *_ = head.decode("latin-1").split(" ", 2)
    source = pages.get(target.partition("?")[0])
    if method != "GET" or not source:
        return Page(404, "only GET " + " and ".join(pages) + "\n")
    return await source()


def _response(page: Page) -> bytes:
    reason = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}[page.status]
    body = page.body.encode()
    return (
        f"HTTP/1.1 {page.status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode() + body


def _labelled(labels: Labels) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    inside = ",".join(f'{name}="{quoted(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""
