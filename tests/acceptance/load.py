"""Many clients at once over keep-alive connections, lean enough to press a server on two cores."""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import urlsplit


def statuses(url: str, *, clients: int, calls: int) -> dict[int, int]:
    """GET ``url`` ``calls`` times over ``clients`` connections; return status -> how often."""
    return asyncio.run(_crowd(url, clients, calls))


async def _crowd(url: str, clients: int, calls: int) -> dict[int, int]:
    parts = urlsplit(url)
    request = (
        f"GET {parts.path or '/'}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    )
    left = iter(range(calls))
    seen: Counter[int] = Counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        for _ in left:
            writer.write(request)
            seen[await _answer(reader)] += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return dict(seen)


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one response with a Content-Length or chunks; return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    return int(head[9:12])
