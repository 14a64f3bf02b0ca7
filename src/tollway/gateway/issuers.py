"""Identity providers: what each says of itself, and the keys that its tokens are verified with.

They are asked when a token needs it, and again when what is known has become old or a token names a
key that is not known, but seldom. While an issuer is away, what it said last stays. Tenants name
their addresses, so that each is guarded as an upstream's is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct

from tollway import clock, net
from tollway.core import openid
from tollway.core.openid import Discovery, Key, OpenIdError
from tollway.net import Guard, NoDocumentError

FRESH_S = 300.0  # then keys are asked for again, so that one which was withdrawn opens nothing
AGAIN_S = 5.0  # between two questions for the same issuer, whatever tokens say
FETCH_S = 5.0  # for all that an issuer is asked at once; lua/tollway/tokens.lua waits longer
BYTES_MAX = 512 * 1024
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 8192

logger = logging.getLogger(__name__)


class IssuerAwayError(Exception):
    """Nothing is known of an issuer, so that its tokens cannot be judged. The message says why."""


class Known(Struct, frozen=True):
    """What an issuer has said. Keys are those that can be used, by id and by algorithm."""

    discovery: Discovery
    keys: Mapping[str, Key]

    def verifier(self, kid: str, alg: str) -> jwt.PyJWK | None:
        """Return the key of this id, made for the algorithm; None if there is none such."""
        key = self.keys.get(kid)
        if key is None or key.alg not in {"", alg}:
            return None
        try:
            made = jwt.PyJWK(dict(key.fields), alg)
        except jwt.PyJWTError:
            return None
        if isinstance(made.key, RSAPublicKey) and not (
            RSA_BITS_MIN <= made.key.key_size <= RSA_BITS_MAX
        ):
            return None
        return made


class _Issuer:
    """One issuer's state. ``asked_at`` is when it was last asked, None before that."""

    def __init__(self) -> None:
        self.known: Known | None = None
        self.known_at = 0.0
        self.asked_at: float | None = None
        self.trouble = ""
        self.asking: asyncio.Task[None] | None = None


class Issuers:
    """``since_s`` is a clock that only goes forward, in seconds."""

    def __init__(self, guard: Guard, since_s: Callable[[], float] = clock.since_boot_s) -> None:
        self._guard = guard
        self._since_s = since_s
        self._all: dict[str, _Issuer] = {}

    async def about(self, address: str, kid: str = "") -> Known:
        """Return what is known of the issuer at ``address``.

        If that lacks the key ``kid``, the issuer is asked first, unless it has just been. Raises
        ``IssuerAwayError``.
        """
        issuer = self._all.setdefault(address, _Issuer())
        known = issuer.known
        old = self._since_s() - issuer.known_at >= FRESH_S
        if known is None or (kid and kid not in known.keys) or (old and not issuer.trouble):
            await self._ask(address, issuer)
        elif old:
            self._begin(address, issuer)  # it was away: nobody waits for it
        if issuer.known is None:
            raise IssuerAwayError(f"issuer {address}: {issuer.trouble}")
        return issuer.known

    def keep(self, addresses: Iterable[str]) -> None:
        """Forget all other issuers: no product names them any more."""
        for address in self._all.keys() - set(addresses):
            del self._all[address]

    async def _ask(self, address: str, issuer: _Issuer) -> None:
        self._begin(address, issuer)
        if issuer.asking is not None:
            await asyncio.shield(issuer.asking)

    def _begin(self, address: str, issuer: _Issuer) -> None:
        """Ask, unless somebody just has, or does."""
        now = self._since_s()
        recent = issuer.asked_at is not None and now - issuer.asked_at < AGAIN_S
        if issuer.asking is None and not recent:
            issuer.asked_at = now
            issuer.asking = asyncio.create_task(self._fetch(address, issuer))

    async def _fetch(self, address: str, issuer: _Issuer) -> None:
        try:
            found = await fetch(address, self._guard)
        except OpenIdError as error:
            if str(error) != issuer.trouble:
                issuer.trouble = str(error)
                kept = "; its keys stay" if issuer.known else ""
                logger.warning("issuer %s: %s%s", address, error, kept)
        else:
            if issuer.trouble:
                logger.warning("issuer %s: is there again", address)
            issuer.known, issuer.known_at, issuer.trouble = found, self._since_s(), ""
        finally:
            issuer.asking = None


async def fetch(address: str, guard: Guard) -> Known:
    """Ask an issuer what it is and for its keys. Raises ``OpenIdError``."""
    get = partial(net.fetch, guard=guard, timeout_s=FETCH_S, bytes_max=BYTES_MAX)
    try:
        async with asyncio.timeout(FETCH_S):
            told = await get(openid.discovery_url(address))
            discovery = openid.read_discovery(told, address)
            keys = openid.read_keys(await get(discovery.jwks_uri))
    except NoDocumentError as error:
        raise OpenIdError(str(error)) from error
    except TimeoutError as error:
        raise OpenIdError(f"it did not answer within {FETCH_S:.0f} seconds") from error
    if not keys:
        raise OpenIdError("it has no key that verifies tokens")
    return Known(discovery, {key.id: key for key in keys})
