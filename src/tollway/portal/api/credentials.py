"""Who is calling: an access token or the tenant's provider key, wherever 3scale's clients put them.

`access_token=` or `provider_key=` in query string or body, or HTTP Basic with either on either
side. What was sent is looked up by its digest and goes nowhere else, least of all into a log.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from tollway import clock
from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import AccessToken, User
from tollway.portal.api.operation import Caller
from tollway.portal.events.actors import Actor
from tollway.portal.tenants import selectors as tenants
from tollway.portal.tenants.models import Tenant


class Credential(Struct, frozen=True):
    """A secret and what it may be. ``repr`` would show it, so it is never logged or kept."""

    value: str
    token: bool = True
    provider_key: bool = True


def offered(fields: Mapping[str, Any], authorization: str) -> Iterator[Credential]:
    """Yield what the request offers, in the order in which it is tried."""
    if isinstance(token := fields.get("access_token"), str):
        yield Credential(token, provider_key=False)
    for name in ("provider_key", "api_key"):  # the second: what the operator's API calls it
        if isinstance(key := fields.get(name), str):
            yield Credential(key, token=False)
    for half in _basic(authorization):
        yield Credential(half)


def caller_of(
    tenant: Tenant, fields: Mapping[str, Any], authorization: str, request_id: str
) -> Caller | None:
    """Return who asks, or None if no credential offered is this tenant's and in force."""
    for credential in offered(fields, authorization):
        if credential.token and (caller := _by_token(tenant, credential.value, request_id)):
            return caller
        if credential.provider_key and (caller := _by_key(tenant, credential.value, request_id)):
            return caller
    return None


def _by_token(tenant: Tenant, value: str, request_id: str) -> Caller | None:
    token = accounts.access_token_by_value(tenant, value)
    if token is None or not _in_force(token):
        return None
    return Caller(
        tenant=tenant,
        user=token.user,
        scopes=frozenset(token.scopes),
        read_only=token.permission == AccessToken.Permission.READ_ONLY,
        actor=Actor("user", str(token.user.pk), request_id=request_id),
    )


def _by_key(tenant: Tenant, value: str, request_id: str) -> Caller | None:
    if not tenants.has_provider_key(tenant, value, clock.utc_now()):
        return None
    actor = Actor("provider_key", str(tenant.pk), request_id=request_id)
    return Caller(tenant=tenant, user=None, scopes=None, read_only=False, actor=actor)


def _in_force(token: AccessToken) -> bool:
    alive = token.expires_at is None or clock.utc_now() < token.expires_at
    return alive and token.user.state == User.State.ACTIVE


def _basic(authorization: str) -> Iterator[str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return
    yield from filter(None, (name, password))
