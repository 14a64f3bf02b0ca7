"""Usage limits: what a request would count, and whether the limits of its plan allow it.

The store never learns what a plan or a metric is; this module never learns what a store is.
Between them pass *entries*: one for each metric that a decision touches.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tollway.core.periods import Period


class Limit(Struct, frozen=True):
    """At most ``maximum`` units of a metric in each window of ``period``. 0 switches it off."""

    metric: str
    period: Period
    maximum: int


class Kind(StrEnum):
    """What the store does with an entry. All entries of a decision are done, or none is."""

    ADD = "add"  # counted, if every cap holds afterwards
    COUNT = "count"  # counted, unchecked: reports, soft limits, metrics without a limit
    SET = "set"  # replaced: 3scale's `#n`
    WATCH = "watch"  # read and returned, never changed


class Entry(Struct, frozen=True):
    """One metric's share of a decision. ``caps`` belong to ADD only."""

    metric: str
    kind: Kind
    amount: int = 0
    caps: tuple[tuple[Period, int], ...] = ()
