"""Which path does what: a request in, a reply out, without sockets.

Paths are exact. Whatever is not listed is 404, whatever the method; HEAD answers as GET does, and
the server leaves out the body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

import tollway
from tollway import clock
from tollway.authority import answers, params, request, wire
from tollway.authority.admission import Admission
from tollway.authority.answers import Rejected
from tollway.authority.configurations import Configurations
from tollway.authority.journal import Journal
from tollway.authority.refusals import Refusals
from tollway.authority.reports import Reports
from tollway.authority.request import Options
from tollway.authority.service import Decisions
from tollway.authority.wire import CORS, CSP, NOSNIFF, XML, Reply
from tollway.store import Store, StoreUnavailableError
from tollway.store.sealing import Keyring

QUERY_BYTES_MAX = 10_240
INTERNAL = "/internal/"
REPORT_PATH = "/transactions.xml"
BODY_PATHS = frozenset({REPORT_PATH, Refusals.PATH})
INLINE_BYTES_MAX = 65_536
UNDER_WAY_MAX = 2_000  # calls at once: a process does so many in less than a quarter of a second

# path -> (counts, oauth)
_DECISIONS = {
    "/transactions/authorize.xml": (False, False),
    "/transactions/authrep.xml": (True, False),
    "/transactions/oauth_authorize.xml": (False, True),
    "/transactions/oauth_authrep.xml": (True, True),
}


class Headers(Protocol):
    """Header values by lower-case name."""

    def get(self, name: str, default: str, /) -> str: ...

    def __contains__(self, name: str, /) -> bool: ...


class Request(Struct, frozen=True):
    """``query`` is still escaped. ``body``: of ``BODY_PATHS`` only."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = b""


NOT_FOUND = Reply(404, (XML, *CORS, NOSNIFF, CSP, ("x-cascade", "pass")))
QUERY_TOO_LONG = Reply(400, ())
PREFLIGHT = Reply(
    204,
    (
        XML,
        *CORS,
        NOSNIFF,
        CSP,
        ("access-control-max-age", "86400"),
        ("access-control-allow-methods", "GET, POST, PATCH, PUT, DELETE"),
        (
            "access-control-allow-headers",
            "Authorization, Accept-Encoding, Content-Type, Cache-Control, Accept, If-Match, "
            "If-Modified-Since, If-None-Match, If-Unmodified-Since, X-Requested-With, "
            "X-HTTP-Method-Override, 3scale-options",
        ),
    ),
)
STATUS = Reply(
    200,
    (("content-type", "application/json"), *CORS, NOSNIFF, CSP),
    f'{{"status":"ok","version":{{"backend":"{tollway.__version__}"}}}}'.encode(),
)
CHECK = Reply(200, (("content-type", "text/plain;charset=utf-8"), *CORS, NOSNIFF, CSP), b"ok")
AVAILABLE = Reply(200, (XML, *CORS, NOSNIFF, CSP))
_FIXED = {
    ("GET", "/status"): STATUS,
    ("GET", "/check.txt"): CHECK,
    ("HEAD", "/status"): STATUS,
    ("HEAD", "/check.txt"): CHECK,
    ("HEAD", "/available"): AVAILABLE,
}

Handler = Callable[[Request], Awaitable[Reply]]


class Routes:
    """The whole API over one store."""

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        now: Callable[[], int] = clock.now,
        internal: Handler | None = None,
    ) -> None:
        admission = Admission(store)
        self.journal = Journal(store, now)
        self._decisions = Decisions(store, keyring, admission, self.journal, now)
        self._reports = Reports(store, keyring, admission, self.journal, now)
        self._configurations = Configurations(store)
        self._refusals = Refusals(store)
        self._internal = internal
        self._under_way = 0

    async def __call__(self, asked: Request) -> Reply:
        handler = self._handler(asked)
        if isinstance(handler, Reply):
            return handler
        if len(asked.query) > QUERY_BYTES_MAX:
            return QUERY_TOO_LONG
        # A poll for configurations waits for news, and costs nothing meanwhile.
        place = 0 if asked.path == Configurations.PATH else 1
        if place and self._under_way >= UNDER_WAY_MAX:
            return wire.rejected(answers.UNAVAILABLE)  # at once; the others are as fast as ever
        self._under_way += place
        try:
            return await handler(asked)
        except StoreUnavailableError:
            return wire.rejected(answers.UNAVAILABLE)
        finally:
            self._under_way -= place

    def hang_up(self) -> None:
        """Answer what only waits for news; so that the process can end soon."""
        self._configurations.hang_up()

    def _handler(self, asked: Request) -> Handler | Reply:
        method, path = asked.method, asked.path
        if method == "OPTIONS":
            return PREFLIGHT
        if method in {"GET", "HEAD"} and path in _DECISIONS:
            return self._authorize
        if method == "GET" and path == Configurations.PATH:
            return self._configurations_feed
        if method == "POST" and path in BODY_PATHS:
            return self._report if path == REPORT_PATH else self._take_refusals
        return self._other(method, path)

    def _other(self, method: str, path: str) -> Handler | Reply:
        if self._internal is not None and path.startswith(INTERNAL):
            return self._internal
        return _FIXED.get((method, path), NOT_FOUND)

    async def _authorize(self, asked: Request) -> Reply:
        counts, oauth = _DECISIONS[asked.path]
        extensions = asked.headers.get("3scale-options", "")
        ask, options = request.asked(asked.query, extensions, counts=counts, oauth=oauth)
        if isinstance(ask, Rejected):
            return wire.rejected(ask, options)
        answer = await self._decisions.authorize(ask)
        if isinstance(answer, Rejected):
            return wire.rejected(answer, ask.options)
        return wire.status(answer, ask.options)

    async def _report(self, asked: Request) -> Reply:
        query = params.parse(asked.query)
        options = _options(asked, params.NONE if isinstance(query, params.Malformed) else query)
        form = await _form(asked)
        if isinstance(form, Rejected):
            return wire.rejected(form, options)
        if isinstance(query, params.Malformed):
            return wire.rejected(answers.malformed(query.message))
        ask = request.report(form.over(query), options, _key(asked.headers))
        if isinstance(ask, Rejected):
            return wire.rejected(ask, options)
        answer = await self._reports.report(ask)
        if isinstance(answer, Rejected):
            return wire.rejected(answer, options)
        return wire.accepted(answer, options)

    async def _configurations_feed(self, asked: Request) -> Reply:
        return await self._configurations.step(asked.headers.get("authorization", ""), asked.query)

    async def _take_refusals(self, asked: Request) -> Reply:
        return await self._refusals.take(asked.headers.get("authorization", ""), asked.body)


async def _form(asked: Request) -> params.Params | Rejected:
    """Read a report's body; a big one beside the event loop, so that calls need not wait for it."""
    content_type = asked.headers.get("content-type", "")
    if len(asked.body) <= INLINE_BYTES_MAX:
        return request.form(content_type, asked.body)
    return await asyncio.to_thread(request.form, content_type, asked.body)


def _key(headers: Headers) -> str | None:
    name = "idempotency-key"
    return headers.get(name, "") if name in headers else None


def _options(asked: Request, query: params.Params) -> Options:
    return request.options(asked.headers.get("3scale-options", ""), query)
