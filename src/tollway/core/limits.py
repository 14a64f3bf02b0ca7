"""Usage limits: what a request would count, and whether the limits of its plan allow it.

The store never learns what a plan or a metric is; this module never learns what a store is.
Between them pass *entries*, one for each metric that a decision touches, and what the store held
of each *before*: units ``used``, and ``held`` by gateways that may still use them.

    counting(...)    entries that count a request if every limit allows it
    watching(...)    entries that only look
    allow(...)       the check on what was looked at
    refusing(...)    the limits that it fails on
    reports(...)     what an answer shows of each limit
    headroom(...)    how many more such calls fit
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from tollway.core.periods import Period, Window, windows
from tollway.core.usage import NOTHING, Amount, Usage


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


class Counters(Protocol):
    """What the store held of one metric: units used, in the order of ``Period``, and held."""

    @property
    def used(self) -> Sequence[int]: ...

    @property
    def held(self) -> int: ...


Before = Mapping[str, Counters]
"""Counters by metric id, as they were before the decision."""


class Report(Struct, frozen=True):
    """One limit as an answer shows it. ``used`` is what was stored, ``current`` what is shown."""

    limit: Limit
    window: Window
    used: int
    current: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit.maximum

    @property
    def remaining(self) -> int:
        return max(0, self.limit.maximum - self.current)


class Headroom(Struct, frozen=True):
    """How many more calls like this one fit; -1: no bound. ``reset_s``: -1 if never."""

    calls: int
    reset_s: int
    maximum: int | None


UNBOUNDED = Headroom(-1, -1, None)


def in_report_order(limits: Iterable[Limit], metrics: Sequence[str]) -> list[Limit]:
    """Order limits by metric as in ``metrics``, then from the longest period to the shortest.

    Limits of metrics that do not exist any more are left out. (Section 7.2.)
    """
    place = {metric: n for n, metric in enumerate(metrics)}
    kept = [limit for limit in limits if limit.metric in place]
    return sorted(kept, key=lambda limit: (place[limit.metric], -limit.period.place))


def counting(usage: Usage, limits: Iterable[Limit]) -> list[Entry]:
    """Turn rolled-up usage into entries: increments under their caps, sets as they are.

    Whether a set itself is allowed does not depend on what is stored: ``sets_fit``.
    """
    caps: dict[str, list[tuple[Period, int]]] = {}
    for limit in limits:
        caps.setdefault(limit.metric, []).append((limit.period, limit.maximum))
    return [
        Entry(metric, Kind.SET, amount.value)
        if amount.is_set
        else Entry(metric, Kind.ADD, amount.value, tuple(caps.get(metric, ())))
        for metric, amount in usage.items()
    ]


def unchecked(usage: Usage) -> list[Entry]:
    """Turn rolled-up usage into entries that count whatever the limits: what has been, has been."""
    return [
        Entry(metric, Kind.SET if amount.is_set else Kind.COUNT, amount.value)
        for metric, amount in usage.items()
        if amount != NOTHING
    ]


def watching(metrics: Iterable[str]) -> list[Entry]:
    return [Entry(metric, Kind.WATCH) for metric in metrics]


def sets_fit(usage: Usage, limits: Iterable[Limit]) -> bool:
    """Tell whether every set of ``usage`` lies within the limits of its metric."""
    return all(
        amount.value <= limit.maximum
        for limit in limits
        if (amount := usage.get(limit.metric)) and amount.is_set
    )


def allow(usage: Usage | None, limits: Iterable[Limit], before: Before) -> bool:
    """Check limits against what is stored (section 10.3).

    With usage: its metrics only, stored + held + amount <= maximum, or amount <= maximum for a set.
    Without (None): every limit, stored + held <= maximum, so standing *at* a limit is allowed.
    """
    return not any(_refuses(limit, usage, before) for limit in limits)


def refusing(usage: Usage | None, limits: Iterable[Limit], before: Before) -> list[Limit]:
    """Return the limits because of which ``allow`` says no, in their order."""
    return [limit for limit in limits if _refuses(limit, usage, before)]


def _refuses(limit: Limit, usage: Usage | None, before: Before) -> bool:
    taken = _taken(limit, before)
    if usage is None:
        return taken > limit.maximum
    amount = usage.get(limit.metric)
    return amount is not None and amount.applied_to(taken) > limit.maximum


def reports(
    limits: Iterable[Limit], before: Before, *, at: int, counted: Usage | None = None
) -> list[Report]:
    """Show each limit with its window at ``at``.

    ``counted`` is what this request has counted and the shown value includes (section 10.5): None
    for an authorisation, and for whatever was refused.
    """
    shown, open_now = [], windows(at)
    for limit in limits:
        place = limit.period.place
        used = before[limit.metric].used[place]
        amount = counted.get(limit.metric) if counted else None
        current = used if amount is None else amount.applied_to(used)
        shown.append(Report(limit, open_now[place], used, current))
    return shown


def headroom(
    shown: Iterable[Report], usage: Usage | None, *, at: int, of: Collection[str] | None = None
) -> Headroom:
    """Return the tightest bound among ``shown``, on a tie that of the longer period (section 9.1).

    ``usage`` is what one such call adds to each metric, ``of`` the metrics to look at (None: all).
    """
    best: tuple[int, int, Report] | None = None
    for report in shown:
        if of is not None and report.limit.metric not in of:
            continue
        calls = _calls(report.remaining, usage.get(report.limit.metric) if usage else None)
        rank = -report.limit.period.place
        if calls >= 0 and (best is None or (calls, rank) < best[:2]):
            best = calls, rank, report
    if best is None:
        return UNBOUNDED
    calls, _, report = best
    end = report.window.end
    return Headroom(calls, -1 if end is None else end - at, report.limit.maximum)


def _calls(remaining: int, amount: Amount | None) -> int:
    if remaining == 0:
        return 0
    return remaining // amount.value if amount is not None and amount.value else -1


def _taken(limit: Limit, before: Before) -> int:
    counters = before[limit.metric]
    return counters.used[limit.period.place] + counters.held
