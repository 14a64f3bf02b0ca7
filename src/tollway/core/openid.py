"""OpenID Connect, as far as it needs neither keys nor a network: what issuers say, what tokens say.

Gateways decide by it who calls, and the portal checks by it what a product is set to. Signatures
are none of its business: whoever asks about claims has verified the token that they come from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

DISCOVERY = "/.well-known/openid-configuration"
LEEWAY_S = 5  # by how much two machines' clocks may differ
CLIENT_ID_MAX = 255
KEYS_MAX = 100
_TIME_MAX = 1e12
# Who checks tokens by one of these cannot make any. `none` and HS* are not here.
ALGORITHMS = frozenset(
    {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
        "ES256", "ES384", "ES512", "EdDSA",
    }
)  # fmt: skip
_KINDS_OF_KEYS = frozenset({"RSA", "EC", "OKP"})  # "oct" would be a secret
_PUBLIC = frozenset({"kty", "n", "e", "crv", "x", "y"})
_TEMPLATE = re.compile(r"\s*\{\{-?\s*([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)\s*-?\}\}\s*", re.ASCII)

AZP = ("azp",)
_SENSELESS = (msgspec.MsgspecError, ValueError, RecursionError)


class OpenIdError(ValueError):
    """What an issuer says, or a product is set to, cannot be used. The message says why."""


class TokenFault(StrEnum):
    """Why a token opens nothing."""

    MALFORMED = "token_malformed"
    ALGORITHM = "token_algorithm"
    KEY = "token_key_unknown"
    SIGNATURE = "token_signature"
    TYPE = "token_type"
    ISSUER = "token_issuer"
    INCOMPLETE = "token_incomplete"
    EXPIRED = "token_expired"
    EARLY = "token_not_yet_valid"
    CLIENT = "token_client_id"


class Discovery(Struct, frozen=True):
    """``issuer`` is what tokens must name, ``algorithms`` what they may be signed with."""

    issuer: str
    jwks_uri: str
    algorithms: frozenset[str]


class Key(Struct, frozen=True):
    """A key to verify with, its public ``fields`` as RFC 7517 has them.

    ``alg`` is the one algorithm that it is for, "" if it does not say.
    """

    id: str
    alg: str
    fields: Mapping[str, Any]


# --- what a product is set to ------------------------------------------------------------------


def claim_path(claim: str | None, kind: str | None) -> tuple[str, ...]:
    """Return where a token's client id stands: one name, or names inside one another.

    ``kind`` is "plain" or "liquid". Of Liquid only ``{{ name }}`` and ``{{ name.name }}`` are
    understood. Raises ``OpenIdError``.

    >>> claim_path("{{ resource.client }}", "liquid")
    ('resource', 'client')
    """
    if not claim:
        return AZP
    if kind != "liquid":
        return (claim,)
    found = _TEMPLATE.fullmatch(claim)
    if found is None:
        raise OpenIdError("must be one claim, like {{ azp }} or {{ resource.client_id }}")
    return tuple(found[1].split("."))


def without_login(address: str) -> str:
    """Return an issuer's address without the portal's client and secret in it.

    >>> without_login("https://client:secret@idp.example/realms/x")
    'https://idp.example/realms/x'
    """
    scheme, separator, rest = address.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"


def discovery_url(address: str) -> str:
    return address.rstrip("/") + DISCOVERY


# --- what issuers say --------------------------------------------------------------------------


class _Configuration(Struct):
    issuer: str
    jwks_uri: str
    id_token_signing_alg_values_supported: Sequence[str] | None = None


class _Jwk(Struct):
    kty: str
    kid: str = ""
    use: str = ""
    alg: str = ""


class _Jwks(Struct):
    keys: Sequence[msgspec.Raw]


def read_discovery(text: bytes, address: str) -> Discovery:
    """Read what an issuer at ``address`` says of itself. Raises ``OpenIdError``."""
    try:
        told = msgspec.json.decode(text, type=_Configuration)
        jwks = urlsplit(told.jwks_uri)
        port = jwks.port
    except _SENSELESS as error:
        raise OpenIdError(f"its configuration makes no sense: {error}") from error
    schemes = {"https"} if address.startswith("https:") else {"http", "https"}
    if jwks.scheme not in schemes or not jwks.hostname or "@" in jwks.netloc or port == 0:
        raise OpenIdError(f"its keys are at {told.jwks_uri[:200]!r}, which is no address to trust")
    listed = told.id_token_signing_alg_values_supported
    algorithms = ALGORITHMS if listed is None else ALGORITHMS & set(listed)
    if not algorithms:
        raise OpenIdError("it signs by no algorithm that is verified here")
    return Discovery(told.issuer, told.jwks_uri, frozenset(algorithms))


def read_keys(text: bytes) -> tuple[Key, ...]:
    """Return those of an issuer's keys that may verify tokens. Raises ``OpenIdError``."""
    try:
        listed = msgspec.json.decode(text, type=_Jwks).keys
    except _SENSELESS as error:
        raise OpenIdError(f"its keys make no sense: {error}") from error
    found = [key for raw in listed[:KEYS_MAX] if (key := _key(raw)) is not None]
    return tuple(found)


def _key(raw: msgspec.Raw) -> Key | None:
    """Read a key; None if it is none to verify with. One that is odd does not spoil the others."""
    try:
        jwk = msgspec.json.decode(raw, type=_Jwk)
        fields = msgspec.json.decode(raw, type=dict[str, Any])
    except _SENSELESS:
        return None
    usable = jwk.kid and jwk.kty in _KINDS_OF_KEYS and jwk.use in {"", "sig"}
    public = {name: value for name, value in fields.items() if name in _PUBLIC}
    return Key(jwk.kid, jwk.alg, public) if usable else None


# --- what tokens say ---------------------------------------------------------------------------


def fault_of(claims: Mapping[str, Any], issuer: str, *, at: int) -> TokenFault | None:
    """Say why the claims of a verified token are not good enough, None if they are.

    ``at`` is now, in seconds since the epoch (specs: gateway, h.3).
    """
    if claims.get("iss") != issuer:
        return TokenFault.ISSUER
    if claims.get("typ", "Bearer") != "Bearer":  # an ID or refresh token of Keycloak's
        return TokenFault.TYPE
    if "sub" not in claims or "aud" not in claims or not _is_time(claims.get("exp")):
        return TokenFault.INCOMPLETE
    if claims["exp"] + LEEWAY_S <= at:
        return TokenFault.EXPIRED
    return _beginning_fault(claims, at)


def _beginning_fault(claims: Mapping[str, Any], at: int) -> TokenFault | None:
    if "iat" in claims and not (_is_time(claims["iat"]) and claims["iat"] > 0):
        return TokenFault.INCOMPLETE
    if "nbf" not in claims:
        return None
    if not _is_time(claims["nbf"]):
        return TokenFault.INCOMPLETE
    return TokenFault.EARLY if claims["nbf"] > at + LEEWAY_S else None


def ends_at(claims: Mapping[str, Any]) -> int:
    """Return the second from which on a token without fault is one that has expired."""
    ends: float = claims["exp"]
    return math.ceil(ends) + LEEWAY_S


def client_id_of(claims: Mapping[str, Any], path: Sequence[str]) -> str:
    """Return the application id that a token names, the first if it names several; "" if none."""
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, list) and found:
        found = found[0]
    fits = isinstance(found, str) and 0 < len(found) <= CLIENT_ID_MAX
    return found if fits else ""


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _TIME_MAX
