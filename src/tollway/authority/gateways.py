"""What gateways say of themselves, and what they are told when that is not enough."""

from __future__ import annotations

import msgspec

from tollway.authority.wire import NOSNIFF, Reply
from tollway.store import Store
from tollway.store.snapshot import Gateway

HEADERS = (("content-type", "application/json"), ("cache-control", "no-store"), NOSNIFF)
_SCHEME = "bearer "


async def gateway_of(store: Store, authorization: str) -> Gateway | Reply:
    """Find who shows this Authorization header. Raises ``StoreUnavailableError``."""
    token = authorization[len(_SCHEME) :].strip()
    known = authorization[: len(_SCHEME)].lower() == _SCHEME and token
    gateway = await store.gateway(token) if known else None
    return gateway or refused(401, "the Authorization header must be: Bearer GATEWAY_TOKEN")


def refused(status: int, error: str) -> Reply:
    return Reply(status, HEADERS, msgspec.json.encode({"error": error}))
