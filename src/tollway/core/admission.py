"""What of an application's record lets a call pass or not, limits apart. Pure.

``authority.validators`` decides calls by it, and the portal explains them by it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum

from tollway.core import referrers

ACTIVE = "active"
USER_KEY, OAUTH = "1", "oauth"  # modes of a product, beside "2"


class Fault(StrEnum):
    MISSING = "missing"
    WRONG = "wrong"


def key_fault(
    mode: str, key: str | None, known: Collection[bytes], digest: Callable[[str], bytes]
) -> Fault | None:
    """Check an application key: never with user keys, with OAuth only if one was sent.

    ``known`` are digests of the application's keys. An application without keys accepts any, but
    not with OAuth.
    """
    if mode == USER_KEY:
        return None
    if key is None if mode == OAUTH else not known:
        return None
    if not key:
        return Fault.MISSING
    made = digest(key)
    return None if any(hmac.compare_digest(made, each) for each in known) else Fault.WRONG


def referrer_fault(
    required: bool,  # noqa: FBT001  (a fact about the product)
    referrer: str | None,
    filters: Sequence[str],
) -> Fault | None:
    """Check where a call comes from, if the product asks for it and the application has filters."""
    if not required or not filters:
        return None
    if referrer is None or not referrer.strip():
        return Fault.MISSING
    return None if referrers.allowed(referrer, filters) else Fault.WRONG
