"""Traffic that is written down on both sides: clients note every answer, an upstream every call.

Both run outside the platform, each in a thread and event loop of its own, so that whatever is done
to the platform they know what came of every single call.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

BROKEN = 0  # instead of a status: the connection broke, or there was none
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
ANSWER_S = 10.0  # that a client waits
CONNECT_AGAIN_S = 0.02


class Seen(Struct, frozen=True):
    """A call as the upstream has seen it."""

    name: str
    at: float


class Call(Struct, frozen=True):
    """A call as its client has seen it. Times are seconds since the epoch, of this machine."""

    key: str
    name: str
    began: float
    ended: float
    status: int
    retry_after: bool

    def overlaps(self, since: float, until: float) -> bool:
        return self.began <= until and self.ended >= since


class Upstream(threading.Thread):
    """An API that notes which calls it has seen. A call's name is its argument ``call``."""

    def __init__(self) -> None:
        super().__init__(name="upstream", daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._loop = asyncio.new_event_loop()
        self.url = f"http://counting.localhost:{self._socket.getsockname()[1]}"
        self.seen: list[Seen] = []
        self._ended = asyncio.Event()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self.join()

    async def _serve(self) -> None:
        connections: set[asyncio.Transport] = set()
        server = await self._loop.create_server(
            lambda: _Answering(self.seen, connections), sock=self._socket
        )
        await self._ended.wait()
        server.close()
        for connection in connections:
            connection.abort()


class _Answering(asyncio.Protocol):
    """Answers requests without a body, which is all that the gateway sends here."""

    def __init__(self, seen: list[Seen], connections: set[asyncio.Transport]) -> None:
        self._seen = seen
        self._connections = connections
        self._rest = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for head in heads:
            target = head.split(b" ", 2)[1].decode()
            self._seen.append(Seen(target.partition("call=")[2], time.time()))
        self._transport.write(ANSWER * len(heads))


class Traffic(threading.Thread):
    """Calls ``url`` with these keys until it is stopped, over so many connections for each.

    A client keeps its connection as long as that lasts, and never repeats a call.
    """

    def __init__(self, url: str, keys: Sequence[str], *, clients: int, pause_s: float) -> None:
        super().__init__(name="traffic", daemon=True)
        self._url = urlsplit(url)
        self._keys = [key for key in keys for _ in range(clients)]
        self._pause_s = pause_s
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self.calls: list[Call] = []

    def run(self) -> None:
        asyncio.run(self._all())

    def stop(self) -> None:
        self._over.set()
        self.join()

    def admitted(self, *, since: float = 0.0) -> int:
        """Count the calls that began since then and were answered with 200."""
        recent = itertools.takewhile(lambda c: c.ended >= since, reversed(self.calls))
        return sum(call.status == 200 and call.began >= since for call in recent)

    async def _all(self) -> None:
        await asyncio.gather(*(self._client(key) for key in self._keys))

    async def _client(self, key: str) -> None:
        connection: _Connection | None = None
        while not self._over.is_set():
            name, began = str(next(self._numbers)), time.time()
            status, retry_after = BROKEN, False
            try:
                async with asyncio.timeout(ANSWER_S):
                    connection = connection or await _connected(self._url.port or 80)
                    status, retry_after = await connection.ask(self._request(key, name))
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                if connection:
                    connection.writer.close()
                connection = None
            self.calls.append(Call(key, name, began, time.time(), status, retry_after))
            await asyncio.sleep(self._pause_s if status else CONNECT_AGAIN_S)
        if connection:
            connection.writer.close()

    def _request(self, key: str, name: str) -> bytes:
        query = f"{self._url.query}&" if self._url.query else ""
        target = f"{self._url.path or '/'}?{query}user_key={key}&call={name}"
        return f"GET {target} HTTP/1.1\r\nHost: {self._url.netloc}\r\n\r\n".encode()


class _Connection(Struct):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> tuple[int, bool]:
        """Return the answer's status, and whether it says when to come back."""
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            while size := int(await self.reader.readline(), 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readline()
        else:
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await self.reader.readexactly(int(length))
        return int(head[9:12]), b"\r\nretry-after:" in head


async def _connected(port: int) -> _Connection:
    return _Connection(*await asyncio.open_connection("127.0.0.1", port))
