"""Verifies the access tokens that NGINX has not seen before, and answers whose they are.

NGINX asks on a unix socket, one line of JSON for a question and one for the answer, and keeps what
it is told until then. What cannot be judged (the issuer is away) is another answer than what was
judged and refused; neither opens anything. No token is written down anywhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import jwt
import msgspec
from msgspec import Struct

from tollway import clock
from tollway.core import openid
from tollway.core.openid import TokenFault
from tollway.gateway.issuers import IssuerAwayError, Issuers, Known

LINE_BYTES_MAX = 64 * 1024
KEPT_S = 300  # longer than this NGINX believes nothing, because an issuer may withdraw a key
SOCKET = "tokens.sock"
# RFC 9068 has the second, for access tokens; other kinds of token name their own.
_TYPES = frozenset({"JWT", "AT+JWT", "APPLICATION/AT+JWT"})

_jws = jwt.PyJWS()
logger = logging.getLogger(__name__)


class Ask(Struct, frozen=True):
    """``claim`` is the path to the client id in the token (``core.openid.claim_path``)."""

    issuer: str
    claim: tuple[str, ...]
    token: str


class Verified(Struct, frozen=True):
    """``client`` is the application id; ``until`` the second up to which that may be believed."""

    client: str
    until: int


class Refused(Struct, frozen=True):
    fault: TokenFault


class Unjudged(Struct, frozen=True):
    why: str


Verdict = Verified | Refused | Unjudged


class _Read(Struct, frozen=True):
    """A token as it stands there; nothing of it is to be believed yet."""

    alg: str
    kid: str
    claims: Mapping[str, Any]


class Verifier:
    """``now`` is a clock in seconds since the epoch."""

    def __init__(self, issuers: Issuers, now: Callable[[], int] = clock.now) -> None:
        self._issuers = issuers
        self._now = now

    async def verdict(self, ask: Ask) -> Verdict:
        """Judge a token of the issuer that a product trusts."""
        read = _read(ask.token)
        if isinstance(read, TokenFault):
            return Refused(read)
        try:
            known = await self._issuers.about(ask.issuer)
            if read.claims.get("iss") != known.discovery.issuer:
                return Refused(TokenFault.ISSUER)  # and its issuer is not asked for unknown keys
            known = await self._issuers.about(ask.issuer, read.kid)
        except IssuerAwayError as error:
            return Unjudged(str(error))
        return self._judge(read, ask, known)

    def _judge(self, read: _Read, ask: Ask, known: Known) -> Verdict:
        now = self._now()
        fault = _signature_fault(read, ask.token, known) or openid.fault_of(
            read.claims, known.discovery.issuer, at=now
        )
        if fault is not None:
            return Refused(fault)
        client = openid.client_id_of(read.claims, ask.claim)
        if not client:
            return Refused(TokenFault.CLIENT)
        return Verified(client, min(openid.ends_at(read.claims), now + KEPT_S))


def _read(token: str) -> _Read | TokenFault:
    """Take a token apart, as far as that can be done without its issuer."""
    try:
        parts = _jws.decode_complete(token, options={"verify_signature": False})
        claims = msgspec.json.decode(parts["payload"], type=dict[str, Any])
    except (jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError):
        return TokenFault.MALFORMED
    header = parts["header"]
    if "crit" in header or "b64" in header:  # what must be understood, and is not
        return TokenFault.MALFORMED
    if str(header.get("typ", "JWT")).upper() not in _TYPES:
        return TokenFault.TYPE
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in openid.ALGORITHMS:
        return TokenFault.ALGORITHM
    return _Read(alg, kid, claims) if kid else TokenFault.KEY


def _signature_fault(read: _Read, token: str, known: Known) -> TokenFault | None:
    if read.alg not in known.discovery.algorithms:
        return TokenFault.ALGORITHM
    if read.kid not in known.keys:
        return TokenFault.KEY
    key = known.verifier(read.kid, read.alg)
    if key is None:
        return TokenFault.ALGORITHM
    try:
        _jws.decode_complete(token, key, algorithms=[read.alg])
    except jwt.PyJWTError:
        return TokenFault.SIGNATURE
    return None


@asynccontextmanager
async def serving(path: Path, verifier: Verifier) -> AsyncIterator[None]:
    """Answer NGINX on a unix socket; who may reach it is the directory's business."""
    open_ones: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        with suppress(OSError, ValueError):  # NGINX has gone, or a line is too long
            while line := await reader.readline():
                writer.write(msgspec.json.encode(await _answer(verifier, line)) + b"\n")
                await writer.drain()
        open_ones.discard(writer)
        writer.close()

    path.unlink(missing_ok=True)  # noqa: ASYNC240  (once, before anything else runs)
    server = await asyncio.start_unix_server(talk, path, limit=LINE_BYTES_MAX)
    try:
        yield
    finally:
        server.close()
        for writer in open_ones:
            writer.close()


async def _answer(verifier: Verifier, line: bytes) -> Verdict:
    try:
        return await verifier.verdict(msgspec.json.decode(line, type=Ask))
    except Exception:
        # Whatever this is, the caller gets "not now". The trace has no token in it.
        logger.exception("a token could not be judged")
        return Unjudged("a fault of the agent's; its log says more")
