"""Which configuration it is: a fingerprint that a portal and a gateway make alike.

A portal writes a document, and a gateway that has got it tells its fingerprint to those who know
the product's token. So whoever has deployed can see when gateways serve what was deployed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from tollway.core.openid import without_login

_BYTES = 16


def for_gateways(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what no gateway needs to know: the portal's own login at the identity provider."""
    match document:
        case {"proxy": {"oidc_issuer_endpoint": str(address), **proxy}}:
            told = {**proxy, "oidc_issuer_endpoint": without_login(address)}
            return {**document, "proxy": told}
        case _:
            return document


def fingerprint(document: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits: equal for JSON documents that are equal, in any order of keys.

    Whether a login is in the issuer's address makes no difference (``for_gateways``).

    >>> fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    True
    """
    text = msgspec.json.encode(for_gateways(document), order="deterministic")
    return hashlib.blake2b(text, digest_size=_BYTES).hexdigest()
