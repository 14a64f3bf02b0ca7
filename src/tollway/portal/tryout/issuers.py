"""How a product's identity provider looks from the portal, by what a gateway would ask it.

A gateway may be elsewhere, so that what is seen from here is a hint and no verdict.
"""

from __future__ import annotations

import asyncio
import threading
from functools import partial

from django.conf import settings
from msgspec import Struct

from tollway import net
from tollway.core import openid
from tollway.core.openid import OpenIdError
from tollway.net import Guard, NoDocumentError
from tollway.portal.tryout.calling import guard_of

PATIENCE_S = 3.0
BYTES_MAX = 512 * 1024
AT_ONCE = 2  # in this process, whose few threads serve everybody's pages
BUSY = "Other issuers are being asked. Try again in a few seconds"

_slots = threading.BoundedSemaphore(AT_ONCE)


class Seen(Struct, frozen=True):
    """``trouble`` is a sentence without its full stop, "" if tokens can be verified."""

    trouble: str = ""
    issuer: str = ""  # what tokens must name
    keys: int = 0
    algorithms: tuple[str, ...] = ()


def look_at(address: str) -> Seen:
    """Ask an issuer what it is and for its keys. Takes a few seconds at most."""
    if not _slots.acquire(blocking=False):
        return Seen(BUSY)
    try:
        return asyncio.run(_look_at(address, guard_of(settings.TOLLWAY)))
    finally:
        _slots.release()


async def _look_at(address: str, guard: Guard) -> Seen:
    get = partial(net.fetch, guard=guard, timeout_s=PATIENCE_S, bytes_max=BYTES_MAX)
    try:
        async with asyncio.timeout(PATIENCE_S):
            told = await get(openid.discovery_url(address))
            discovery = openid.read_discovery(told, address)
            keys = openid.read_keys(await get(discovery.jwks_uri))
    except TimeoutError:
        return Seen(f"The issuer did not answer within {PATIENCE_S:.0f} seconds")
    except (NoDocumentError, OpenIdError) as error:
        text = str(error)
        return Seen(f"{text[:1].upper()}{text[1:]}")
    trouble = "" if keys else "It has no key that verifies tokens"
    return Seen(trouble, discovery.issuer, len(keys), tuple(sorted(discovery.algorithms)))
