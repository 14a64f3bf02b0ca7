"""The door of the internal API: who may come in, what is asked for, and the answer as JSON.

Calls are done one after the other in a thread of their own, beside the event loop, on connections
of their own: whatever is provisioned, calls under decision do not wait for it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from tollway import clock
from tollway.authority.internal import fields
from tollway.authority.internal.answers import Answer, RefusedError
from tollway.authority.internal.calls import Call, Handler, Store
from tollway.authority.internal.herald import Herald
from tollway.authority.internal.hook import Hook
from tollway.authority.internal.paths import handler_of
from tollway.authority.params import FORM_BYTES_MAX
from tollway.authority.wire import NOSNIFF, Reply
from tollway.store import SourceConflictError, StoreUnavailableError, sync
from tollway.store.notebook import Notebook
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Product, Source
from tollway.store.usage import UsageStreams

T = TypeVar("T")

LOG = logging.getLogger(__name__)
PREFIX = "/internal"
WAITING_MAX = 100  # calls; more are sent away
POLL_S = 0.5  # between two looks for what is to be told
_JSON = (("content-type", "application/json"), ("cache-control", "no-store"), NOSNIFF)
UNKNOWN_CALLER = Reply(401, (("www-authenticate", 'Basic realm=""'), NOSNIFF))
NOT_FOUND = Answer(404, {"status": "not_found", "error": "Not found"})
UNAVAILABLE = RefusedError(503, "the service is unavailable, try again").answer
CONFLICT = "it belongs to the portal, and is changed there"
_SERVICE = re.compile(f"{PREFIX}/services/([^/]+)")


class Headers(Protocol):
    def get(self, name: str, default: str, /) -> str: ...


class Asked(Protocol):
    """What is needed of a request (``routes.Request``). ``path`` is unescaped, ``query`` not."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes: ...


class Counting(Protocol):
    """What is needed of the store that calls are decided on."""

    @property
    def counts_for_internal(self) -> bool:
        """Whether this process knows services of the internal source."""
        ...

    async def product(self, service_id: str, *, fresh: bool = False) -> Product | None: ...


class Access(Struct, frozen=True):
    """Who may come in, by basic authentication; and who is told that there are events."""

    user: str
    password: str
    hook: Hook = Hook()


class Internal:
    def __init__(
        self,
        url: str,
        keyring: Keyring,
        access: Access,
        counting: Counting,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self._url = url
        self._keyring = keyring
        self._expected = _digest(f"{access.user}:{access.password}".encode())
        self._hook = access.hook
        self._counting = counting
        self._now = now
        self._thread = ThreadPoolExecutor(1, "internal")
        self._store: Store | None = None
        self._herald = Herald()
        self._waiting = 0
        self._woken = True  # at first there may be something left to do
        self._telling: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Reply:
        """Answer a call. It never raises for what was sent, nor if the store is away."""
        if not self.admits(asked.headers.get("authorization", "")):
            return UNKNOWN_CALLER
        answered = await self._answer(asked)
        if asked.method not in {"GET", "HEAD"}:
            self._woken = True
            await self._refresh(asked.path)
        return answered

    def cut_short(self) -> Reply:
        """Answer a body that broke off."""
        return reply(RefusedError(400, "the body did not arrive whole").answer)

    def admits(self, authorization: str) -> bool:
        """Whether these are the credentials; it takes as long if they are not."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            shown = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            shown = b""
        return hmac.compare_digest(_digest(shown), self._expected) and scheme.lower() == "basic"

    async def tell(self) -> None:
        """Tell of traffic and sweep, for as long as the process lives."""
        while True:
            more = False
            try:
                more = await self._round()
            except StoreUnavailableError:
                self._woken = True
            except Exception as error:  # noqa: BLE001  (the next round may do it)
                self._woken = True
                LOG.error("no events told: %s", type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(0 if more else POLL_S)

    async def _round(self) -> bool:
        more = False
        if self._woken or self._counting.counts_for_internal:
            self._woken = False
            more = await self._in_thread(self._told)
        due = await self._in_thread(self._hook.due) if self._hook.url else False
        if due:
            await self._hook.ring()
        return more

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._telling = loop.create_task(self.tell())

    async def close(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        self._thread.shutdown(wait=True)
        if self._store is not None:
            self._store.close()

    async def _answer(self, asked: Asked) -> Reply:
        found = handler_of(asked.method, asked.path.removeprefix(PREFIX))
        if found is None:
            return reply(NOT_FOUND)
        handler, names = found
        try:
            return await self._in_thread(lambda store: self._done(store, asked, handler, names))
        except RefusedError as refused:
            return reply(refused.answer)
        except SourceConflictError:
            return reply(RefusedError(409, CONFLICT).answer)
        except StoreUnavailableError:
            return reply(UNAVAILABLE)

    def _done(self, store: Store, asked: Asked, handler: Handler, names: tuple[str, ...]) -> Reply:
        """In the thread: read a call, which may be long, do it, and write the answer."""
        if len(asked.body) > FORM_BYTES_MAX:
            raise RefusedError(400, f"the body must not be longer than {FORM_BYTES_MAX} bytes")
        fields.check_names(names)
        call = Call(names, fields.document(asked.body), asked.query, self._now())
        return reply(handler(store, call))

    async def _in_thread(self, work: Callable[[Store], T]) -> T:
        if self._waiting >= WAITING_MAX:
            raise StoreUnavailableError("too many calls are waiting")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: work(self._opened()))
        finally:
            self._waiting -= 1

    def _told(self, store: Store) -> bool:
        return self._herald.step(store, self._now())

    def _opened(self) -> Store:
        """In the thread: the store, opened when it is needed first."""
        if self._store is None:
            client = sync.connect(self._url)
            self._store = Store(
                Publisher(client, self._keyring, Source.INTERNAL),
                Notebook(client),
                UsageStreams(client, Source.INTERNAL),
            )
        return self._store

    async def _refresh(self, path: str) -> None:
        """Let this process know a changed product at once; others do within half a second."""
        if found := _SERVICE.match(path):
            with suppress(StoreUnavailableError):
                await self._counting.product(found[1], fresh=True)


def reply(answer: Answer) -> Reply:
    headers = (*_JSON, ("retry-after", "1")) if answer.status == 503 else _JSON
    body = b"" if answer.body is None else msgspec.json.encode(answer.body)
    return Reply(answer.status, headers, body)


def _digest(secret: bytes) -> bytes:
    return hashlib.blake2b(secret).digest()
