"""Short lists beside the counters, by product: what gateways refused, and integration errors.

They are for people who look for a fault: the newest ``NOTES_MAX`` of a product, for a day (errors:
a month) after the last one. Nothing is counted or billed from them, and no secret is in them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

NOTES_MAX = 1000  # of a product in each list; about half a megabyte
DAY_S = 86_400

_Short = Annotated[str, Meta(max_length=255)]
_Id = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class List(StrEnum):
    """The lists there are, as their keys begin."""

    REFUSALS = "refusals"
    ERRORS = "errors"


KEPT_S = {List.REFUSALS: DAY_S, List.ERRORS: 30 * DAY_S}


class RefusingLimit(Struct, frozen=True):
    """A limit that a call did not fit in: ``used`` before it, and what it would have added."""

    metric: _Short
    period: Annotated[str, Meta(max_length=16)]
    used: int
    maximum: int
    units: int


class Refusal(Struct, frozen=True):
    """One call that a gateway refused; ``id`` is what its answer carried.

    ``path`` has names of query arguments, never their values. ``reason`` is a code of the
    authority's, or one of the gateway's own (docs/explain.md lists them). ``rules`` are patterns
    that matched, ``usage`` the units by metric; ``application`` is the wire's id, "" if unknown.
    """

    id: _Id
    at: int
    environment: Annotated[str, Meta(max_length=16)]
    method: Annotated[str, Meta(max_length=32)]
    path: Annotated[str, Meta(max_length=2048)]
    status: int
    reason: Annotated[str, Meta(max_length=64)]
    rules: Annotated[tuple[_Short, ...], Meta(max_length=50)] = ()
    usage: Annotated[dict[str, int], Meta(max_length=50)] = {}
    application: _Short = ""
    limits: Annotated[tuple[RefusingLimit, ...], Meta(max_length=20)] = ()


class IntegrationError(Struct, frozen=True):
    """A request that the authority could not decide (Service Management API, section 14)."""

    at: int
    code: str
    message: str
    application: str = ""
