"""The adapter to granian's RSGI interface: ``granian --interface rsgi tollway.authority.rsgi:app``.

Run it without granian's access log: query strings hold provider keys and tokens. For the same
reason a fault is logged with where it happened, never with the request or the message.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import traceback
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tollway import config
from tollway.authority import answers, wire
from tollway.authority.params import FORM_BYTES_MAX
from tollway.authority.routes import BODY_PATHS, INTERNAL, Headers, Request, Routes
from tollway.authority.wire import Header, Reply
from tollway.config import Settings
from tollway.store.sealing import Keyring
from tollway.store.valkey import ValkeyStore

if TYPE_CHECKING:
    from tollway.authority.internal.door import Internal

LOG = logging.getLogger(__name__)
FAULT = Reply(500, ())
CUT_SHORT = wire.rejected(answers.malformed("the request's body did not arrive whole"))
BODY_S = 30.0  # that a client may take to send a report
BODY_BYTES_FREE = 65_536  # that each call may send; what is longer shares the room there is
BODIES_BYTES_MAX = 268_435_456


class NoRoomError(Exception):
    """All calls under way together have sent more than this process can hold."""


class Scope(Protocol):
    """What granian tells of a request."""

    proto: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Headers: ...


class Http(Protocol):
    """How a body is read from granian, and an answer given to it."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_empty(self, status: int, headers: Sequence[Header]) -> None: ...

    def response_bytes(self, status: int, headers: Sequence[Header], body: bytes) -> None: ...

    def close(self, status: int) -> object:
        """Refuse, of a WebSocket only."""
        ...


class Room:
    """For the long bodies of all calls under way: a thousand clients may send theirs at once.

    They may do so slowly, and without credentials.
    """

    def __init__(self) -> None:
        self._free = BODIES_BYTES_MAX

    @contextmanager
    def taken(self) -> Iterator[Callable[[int], None]]:
        """Give what takes so many bytes, or raises ``NoRoomError``; all are free at the end."""
        held = 0

        def take(size: int) -> None:
            nonlocal held
            if size > self._free:
                raise NoRoomError
            self._free -= size
            held += size

        try:
            yield take
        finally:
            self._free += held


class App:
    """One per worker process. The store is opened before the first request is taken."""

    _store: ValkeyStore
    _internal: Internal | None
    _routes: Routes
    _room: Room

    def __rsgi_init__(self, loop: AbstractEventLoop) -> None:
        settings = config.load(os.environ)  # noqa: TID251  (granian starts this process, not us)
        keyring = Keyring(settings.secret_keys)
        self._store = loop.run_until_complete(ValkeyStore.connect(settings.valkey_url, keyring))
        self._internal = _internal(settings, keyring, self._store)
        self._routes = Routes(self._store, keyring, internal=self._internal)
        self._room = Room()
        if self._internal is not None:
            self._internal.start(loop)
        _collect_seldom()
        # granian has its handler with the event loop, which this one leaves in place: on a signal
        # it waits for the calls in flight, and gateways' polls would hold it up.
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(self._routes.hang_up))

    def __rsgi_del__(self, loop: AbstractEventLoop) -> None:
        if self._internal is not None:
            loop.run_until_complete(self._internal.close())
        loop.run_until_complete(self._store.close())

    async def __rsgi__(self, scope: Scope, protocol: Http) -> None:
        if scope.proto != "http":
            protocol.close(404)
            return
        try:
            reply = await self._reply(scope, protocol)
        except Exception as error:  # noqa: BLE001  (the last place that can answer the client)
            frames = "".join(traceback.format_tb(error.__traceback__))
            LOG.error(  # noqa: TRY400  (a message may quote a secret)
                "%s while answering %s\n%s", type(error).__name__, scope.method, frames
            )
            reply = FAULT
        _send(protocol, reply)

    async def _reply(self, scope: Scope, protocol: Http) -> Reply:
        internal = self._admitted(scope)
        if not internal and not (scope.method == "POST" and scope.path in BODY_PATHS):
            return await self._routes(_request(scope))
        with self._room.taken() as take:
            try:
                body = await _body(scope.headers, protocol, take)
            except NoRoomError:
                return wire.rejected(answers.UNAVAILABLE)
            if body is None:
                return internal.cut_short() if internal else CUT_SHORT
            return await self._routes(_request(scope, body))

    def _admitted(self, scope: Scope) -> Internal | None:
        """Return the internal API if this call to it has a body that is worth reading."""
        internal = self._internal
        if internal is None or scope.method == "GET" or not scope.path.startswith(INTERNAL):
            return None
        return internal if internal.admits(scope.headers.get("authorization", "")) else None


def _request(scope: Scope, body: bytes = b"") -> Request:
    return Request(scope.method, scope.path, scope.query_string, scope.headers, body)


def _internal(settings: Settings, keyring: Keyring, store: ValkeyStore) -> Internal | None:
    """Return the internal API, if there are credentials for it. Only then is it loaded."""
    if not settings.internal_password:
        return None
    from tollway.authority.internal.door import Access, Internal
    from tollway.authority.internal.hook import Hook

    hook = Hook(settings.events_hook, settings.events_hook_secret)
    access = Access(settings.internal_user, settings.internal_password, hook)
    return Internal(settings.valkey_url, keyring, access, store)


def _collect_seldom() -> None:
    """Look for cycles after many calls, not after some; and never among what is there already.

    PERF: a sixth of the processor's time went into that, and some answers waited 70 ms for it
    (bench/authority.py). What a call leaves behind has no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


async def _body(headers: Headers, protocol: Http, take: Callable[[int], None]) -> bytes | None:
    """Read a body, but not further than to know that it is too long; None if it breaks off.

    ``take`` makes room for what is long (``Room``).
    granian ends a body that breaks off as it ends a whole one; only its length tells them apart.
    """
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in protocol:
                chunks.append(chunk)
                size += len(chunk)
                if size > FORM_BYTES_MAX:
                    break
                if size > BODY_BYTES_FREE:
                    take(len(chunk))
    except TimeoutError:
        return None
    declared = int(headers.get("content-length", "0"))
    return None if size < min(declared, FORM_BYTES_MAX) else b"".join(chunks)


def _send(protocol: Http, reply: Reply) -> None:
    """Send a reply. HTTP has no length for 204; granian adds one to everything but empty HEADs."""
    headers = list(reply.headers)
    if reply.body:
        protocol.response_bytes(reply.status, headers, reply.body)
        return
    if reply.status != 204:
        headers.append(("content-length", "0"))
    protocol.response_empty(reply.status, headers)


app = App()
