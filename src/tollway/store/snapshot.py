"""What the portal publishes and the data planes read: serialisable, versioned, and a promise.

These are not the types of ``core``: a change here must be readable by a process of the release
before (``schema`` says which shape it is). Ids are text, because the internal API takes any text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

SCHEMA = 1
ENVIRONMENTS = ("staging", "production")
_ENCODER = msgspec.msgpack.Encoder(order="deterministic")


class Source(StrEnum):
    """Who wrote a snapshot. Repair by the portal leaves the other's alone."""

    PORTAL = "portal"
    INTERNAL = "internal"


class Metric(Struct, frozen=True):
    """A metric, or, with a ``parent`` (a metric's id), a method."""

    id: str
    name: str
    parent: str | None = None


class UsageLimit(Struct, frozen=True):
    """``metric`` is a metric's id, ``period`` a value of ``core.periods.Period``."""

    metric: str
    period: str
    maximum: int


class Plan(Struct, frozen=True):
    id: str
    name: str
    limits: Sequence[UsageLimit] = ()


class Product(Struct, frozen=True):
    """One document per product. ``backend_version``: "1" user key, "2" app id + key, "oauth"."""

    id: str
    owner: str  # the tenant's id
    backend_version: str
    metrics: Sequence[Metric] = ()
    plans: Mapping[str, Plan] = {}
    state: str = "active"
    referrer_filters_required: bool = False
    source: Source = Source.PORTAL
    schema: int = SCHEMA
    revision: int = 0  # set by the publisher; grows with every change
    alert_levels: Sequence[int] = ()  # of the internal source's; the portal has its own


class ApplicationKey(Struct, frozen=True, gc=False):
    """``digest`` finds it, ``sealed`` gives it back (tollway.store.sealing)."""

    digest: bytes
    sealed: bytes


class Application(Struct, frozen=True, gc=False):
    """One record per application. ``user_key`` is the digest of the key of mode "1"."""

    service_id: str
    id: str  # the app_id of the wire
    state: str  # "active", or anything else
    plan_id: str
    plan_name: str
    redirect_url: str = ""
    user_keys: Sequence[bytes] = ()
    keys: Sequence[ApplicationKey] = ()
    referrer_filters: Sequence[str] = ()
    schema: int = SCHEMA
    revision: int = 0  # set by the publisher; a decision taken on another revision is stale


class Owner(Struct, frozen=True):
    """Whom a provider key belongs to, and the service that requests without an id go to."""

    id: str
    default_service_id: str | None = None
    source: Source = Source.PORTAL


class Holding(Struct, frozen=True):
    """What the internal source knows of an owner: its key, given back from a seal, and services."""

    digest: bytes
    sealed: bytes
    services: Sequence[str] = ()


class Gateway(Struct, frozen=True):
    """What a gateway token may see: one tenant's configurations, or (None) everybody's."""

    owner: str | None
    environments: Sequence[str] = ("staging", "production")


class Configurations(Struct, frozen=True):
    """A step of the configuration feed.

    ``services`` are documents of APIcast's SERVICE shape (specs: gateway, section f), ``removed``
    ids of services that are gone. ``complete``: forget everything that is not named here.
    """

    cursor: str
    complete: bool
    services: Sequence[Mapping[str, Any]] = ()
    removed: Sequence[str] = ()


def content(record: Product | Application) -> bytes:
    """Serialise a record without its revision: equal content, equal bytes."""
    return _ENCODER.encode(msgspec.structs.replace(record, revision=0))
