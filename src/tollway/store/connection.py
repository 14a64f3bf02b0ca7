"""One connection to one server, on which many callers' commands travel together.

What the event loop has gathered in one turn is written together, a dozen commands at a time, and
answers are matched in order. It connects again by itself, as often as it takes. Meanwhile, and when
too much is unanswered, callers are told at once: ``StoreUnavailableError``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import hiredis
import msgspec
from msgspec import Struct

from tollway.store import StoreUnavailableError

PENDING_MAX = 10_000  # commands without an answer yet
# PERF: the server works on the first dozen while the next one is being packed; to wait for the end
# of the turn leaves one of the two idle, and a quarter of the calls undone (bench/authority.py).
BATCH_MAX = 12
TIMEOUT_S = 2.0  # a server that answers nothing for so long is taken for dead
_RETRY_S = (0.05, 0.1, 0.2, 0.4)  # pauses between attempts to connect; the last one repeats

Word = str | bytes | int
Reply = Any  # what RESP2 can say: bytes, int, None, or a list of replies

log = logging.getLogger(__name__)


class ReplyError(Exception):
    """The server answered with an error; its first word is the kind (WRONGTYPE, MOVED, ...)."""


class Address(Struct, frozen=True):
    """Where a server listens: at ``host`` and ``port``, or at a socket ``path``."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


class Login(Struct, frozen=True):
    username: str = ""
    password: str = ""
    database: int = 0

    def commands(self) -> list[tuple[str, ...]]:
        """Return what is sent first on each connection."""
        commands: list[tuple[str, ...]] = []
        if self.password:
            user = (self.username,) if self.username else ()
            commands.append(("AUTH", *user, self.password))
        if self.database:
            commands.append(("SELECT", str(self.database)))
        return commands


def parse_url(url: str) -> tuple[Address, Login]:
    """Understand unix:///path.sock and valkey:// or redis://[user:pass@]host[:port][/db].

    Raises ``ValueError``, without repeating the URL, which may hold a password.
    """
    parts = urlsplit(url)
    login = Login(unquote(parts.username or ""), unquote(parts.password or ""))
    if parts.scheme == "unix" and parts.path:
        return Address(path=unquote(parts.path)), login
    database = parts.path.strip("/") or "0"
    port = parts.netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2] or "6379"
    if (
        parts.scheme not in {"valkey", "redis"}
        or not parts.hostname
        or not (database + port).isdecimal()
    ):
        raise ValueError(
            "a store's URL is unix:///path.sock or valkey://[user:password@]host[:port][/database]"
        )
    address = Address(parts.hostname, int(port))
    return address, msgspec.structs.replace(login, database=int(database))


class Connection(asyncio.Protocol):
    """A connected socket. ``lost`` is done when it has gone, and it never comes back."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport
        self._reader = hiredis.Reader(replyError=ReplyError)
        self._unsent: list[bytes] = []
        self._pending: deque[asyncio.Future[Reply]] = deque()
        self._watched: asyncio.Future[Reply] | None = None

    def send(self, *command: Word) -> asyncio.Future[Reply]:
        """Queue one command; the future brings its reply, ``ReplyError`` or no connection."""
        if len(self._pending) >= PENDING_MAX or self._transport.is_closing():
            raise StoreUnavailableError("the store has too much to do, or is going away")
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(hiredis.pack_command(command))  # type: ignore[arg-type]  # any length
        if len(self._unsent) >= BATCH_MAX:
            self._flush()
        reply = self._loop.create_future()
        self._pending.append(reply)
        if self._watched is None:
            self._watch()
        return reply

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not narrowed by isinstance: uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (value := self._reader.gets()) is not False:
                reply = self._pending.popleft()
                if reply.done():
                    continue  # its caller has given up
                if isinstance(value, ReplyError):
                    reply.set_exception(value)
                else:
                    reply.set_result(value)
        except (hiredis.ProtocolError, IndexError):
            log.exception("the store sent what is no answer")
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's name)
        while self._pending:
            reply = self._pending.popleft()
            if not reply.done():
                reply.set_exception(StoreUnavailableError("the store went away"))
                reply.exception()  # a caller that has given up need not be told
        if not self.lost.done():
            self.lost.set_result(None)

    def _flush(self) -> None:
        if self._unsent:
            self._transport.write(b"".join(self._unsent))
            self._unsent.clear()

    def _watch(self) -> None:
        """Give up on a server that has not answered one command since the last look.

        There is one look under way while ``_watched`` is set, and never a second one.
        """
        self._watched = self._pending[0]
        self._loop.call_later(TIMEOUT_S, self._look)

    def _look(self) -> None:
        oldest = self._pending[0] if self._pending else None
        if oldest is not None and oldest is self._watched:
            log.warning("the store has not answered for %s s", TIMEOUT_S)
            self._transport.abort()
            return
        self._watched = None
        if oldest is not None:
            self._watch()


class Node:
    """One server, connected or being connected to.

    ``greet`` is called with each new connection before callers may use it.
    """

    def __init__(
        self,
        address: Address,
        login: Login,
        greet: Callable[[Connection], Awaitable[None]],
    ) -> None:
        self.address = address
        self._login = login
        self._greet = greet
        self._connection: Connection | None = None
        self._connected = asyncio.Event()
        self._task = asyncio.create_task(self._stay_connected())

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def send(self, *command: Word) -> asyncio.Future[Reply]:
        """Queue one command. Without a connection raises ``StoreUnavailableError`` at once."""
        if self._connection is None:
            raise StoreUnavailableError(f"no connection to the store at {self.address}")
        return self._connection.send(*command)

    async def ready(self, timeout_s: float) -> None:
        """Wait for a connection. Raises ``StoreUnavailableError``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._connected.wait()
        except TimeoutError:
            raise StoreUnavailableError(f"no connection to the store at {self.address}") from None

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            try:
                await self._live()
                failures = 0
            except (OSError, TimeoutError, ReplyError, StoreUnavailableError) as error:
                if not failures:
                    log.warning("cannot use the store at %s: %r", self.address, error)
                failures += 1
            await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])

    async def _live(self) -> None:
        """Connect, serve callers, and return when the connection is lost."""
        async with asyncio.timeout(TIMEOUT_S):
            connection = await self._open()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                for command in self._login.commands():
                    await connection.send(*command)
                await self._greet(connection)
            self._connection = connection
            self._connected.set()
            await connection.lost
        finally:
            self._connection = None
            self._connected.clear()
            connection.close()

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        if self.address.path:
            _, made = await loop.create_unix_connection(Connection, self.address.path)
        else:
            _, made = await loop.create_connection(Connection, self.address.host, self.address.port)
        return made
