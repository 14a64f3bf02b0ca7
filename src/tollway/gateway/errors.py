"""Takes NGINX's error lines from a datagram socket, removes every query string, and logs the rest.

NGINX quotes the whole request in its error lines, and queries hold user keys. A socket rather than
a pipe: NGINX never waits for it, and an agent that restarts simply binds it again.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LINES_PER_S_MAX = 20  # an upstream that is away makes a line per call
LINE_BYTES_MAX = 8192

_QUERY = re.compile(r"\?\S*")
_PREFIX = re.compile(r"^<\d+>.*? nginx: (?=\d{4}/)")

logger = logging.getLogger(__name__)


def redact(line: str) -> str:
    """Cut whatever follows a question mark, up to the next space.

    >>> redact('... request: "GET /x?user_key=5ec HTTP/1.1", upstream: "http://1.2.3.4/x?user_key=5ec"')
    '... request: "GET /x?… HTTP/1.1", upstream: "http://1.2.3.4/x?…'
    """
    return _QUERY.sub("?…", _PREFIX.sub("", line))


class _Relay(asyncio.DatagramProtocol):
    """Logs what arrives, at most so many lines a second; counts the others."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._second = 0
        self._lines = 0

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002
        second = int(self._loop.time())
        if second != self._second:
            dropped = self._lines - LINES_PER_S_MAX
            if dropped > 0:
                logger.error("… and %d more lines like these", dropped)
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines <= LINES_PER_S_MAX:
            logger.error("%s", redact(data[:LINE_BYTES_MAX].decode(errors="replace")))


@contextmanager
def bound(path: Path) -> Iterator[socket.socket]:
    """Yield the socket that NGINX writes to, from the moment on that it is there."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.setblocking(False)
        yield listener


async def relay(listener: socket.socket) -> None:
    """Log what arrives until cancelled."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Relay, sock=listener)
    try:
        await loop.create_future()
    finally:
        transport.close()
