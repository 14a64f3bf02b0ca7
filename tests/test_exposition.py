"""What Prometheus reads, and what a server of forty lines makes of requests."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tollway.exposition import Family, Page, listen, serve, written


def test_labels_are_escaped() -> None:
    family = Family("m", "gauge", "h", [({"a": 'x"\\\n'}, 2)])
    assert written([family]).endswith('m{a="x\\"\\\\\\n"} 2\n')


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n"),
        (b"GET /healthz?a=b HTTP/1.0\r\n\r\n", b"HTTP/1.1 200 OK\r\n"),
        (b"GET /secret HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 Not Found\r\n"),
        (b"POST /healthz HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 Not Found\r\n"),
        (b"nonsense\r\n\r\n", b""),
        (b"GET /" + b"a" * 9000, b""),
    ],
)
def test_only_what_is_there_is_answered(sent: bytes, expected: bytes) -> None:
    assert _asked(sent)[: len(expected) or None] == expected


def _asked(sent: bytes) -> bytes:
    async def health() -> Page:
        return Page(200, "ok\n")

    async def ask(listener: socket.socket) -> bytes:
        serving = asyncio.create_task(serve(listener, {"/healthz": health}))
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
        writer.write(sent)
        try:
            return await reader.read()
        except ConnectionResetError:  # it closed with something left to read
            return b""
        finally:
            writer.close()
            serving.cancel()

    with listen("127.0.0.1", 0) as listener:
        return asyncio.run(asyncio.wait_for(ask(listener), 10))
