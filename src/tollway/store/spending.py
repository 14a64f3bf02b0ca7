"""The algorithm of ``spend`` in Python: what an entry does to a cell, and when it may.

``spend.lua`` is its twin on the server; ``vectors/spend.json`` holds both to one meaning. Also
here is what is worked out before either runs: the windows, and the usage event. Pure throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct

from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period, window
from tollway.core.usage import AMOUNT_MAX
from tollway.store import Cell, Spend

PERIODS = tuple(Period)
_ZEROS = (0,) * len(PERIODS)
_EVERY_PERIOD = (True,) * len(PERIODS)


class Counters(Struct, frozen=True):
    """A cell as it is stored; each tuple is in the order of ``Period``.

    ``starts``: the window that ``used`` and ``lost`` belong to. ``lost``: units that a gateway took
    and never accounted for. ``held``: units out in grants, in whatever window they end up.
    """

    starts: tuple[int, ...] = _ZEROS
    used: tuple[int, ...] = _ZEROS
    lost: tuple[int, ...] = _ZEROS
    held: int = 0

    def reading(self) -> Cell:
        sums = (u + n for u, n in zip(self.used, self.lost, strict=True))
        return Cell(tuple(min(n, AMOUNT_MAX) for n in sums), self.held)


class Tally(Struct, frozen=True):
    """How many spends the caps of one metric refused, by period, in the windows of ``starts``."""

    starts: tuple[int, ...] = _ZEROS
    refused: tuple[int, ...] = _ZEROS


class UsageEvent(Struct, frozen=True, array_like=True):
    """One line of a usage stream: what was counted, by metric id. Fields are only ever appended.

    ``replaced`` holds the entries that set a counter. ``code`` is the API's HTTP status, or 0.
    ``count`` is how many spends it stands for: more than one, if they were merged.
    """

    service_id: str
    application_id: str
    at: int
    code: int
    added: Sequence[tuple[str, int]]
    replaced: Sequence[tuple[str, int]] = ()
    count: int = 1


class Changes(Struct, frozen=True):
    """What entries add to, and what they set, by metric id."""

    added: Sequence[tuple[str, int]]
    replaced: Sequence[tuple[str, int]]


def check(spend: Spend) -> None:
    """Raise ``ValueError`` for a metric named twice or an amount that cannot be counted exactly."""
    metrics = {entry.metric for entry in spend.entries}
    if len(metrics) != len(spend.entries):
        raise ValueError("a spend names each metric once")
    for entry in spend.entries:
        if not 0 <= entry.amount <= AMOUNT_MAX:
            raise ValueError(f"the amount of {entry.metric!r} is not in 0..{AMOUNT_MAX}")


@lru_cache(maxsize=64)
def _starts(minute: int) -> tuple[int, ...]:
    return tuple(window(period, minute * 60).start for period in PERIODS)


def starts(at: int) -> tuple[int, ...]:
    """Return where the window of each period that holds ``at`` begins."""
    return _starts(at // 60)  # every period is a whole number of minutes


def counted(at: int, event_at: int) -> tuple[bool, ...]:
    """Return for each period whether both instants lie in one window of it."""
    if at // 60 == event_at // 60:
        return _EVERY_PERIOD
    return tuple(a == b for a, b in zip(starts(at), starts(event_at), strict=True))


def changes(entries: Sequence[Entry]) -> Changes:
    """Return what entries change once they are done."""
    return Changes(
        [
            (e.metric, e.amount)
            for e in entries
            if e.amount and (e.kind is Kind.ADD or e.kind is Kind.COUNT)
        ],
        [(e.metric, e.amount) for e in entries if e.kind is Kind.SET],
    )


def event(spend: Spend, changed: Changes) -> UsageEvent | None:
    """Return what a spend that changes this leaves in the usage stream once it is done, or None."""
    if not spend.record or not (changed.added or changed.replaced):
        return None
    return UsageEvent(
        spend.service_id,
        spend.application_id,
        spend.event_at,
        spend.code,
        changed.added,
        changed.replaced,
    )


def rolled(cell: Counters, starts: Sequence[int]) -> Counters:
    """Return the cell in the windows that begin at ``starts``: what has ended counts as 0.

    A window never moves back. A caller whose clock is a little behind counts in the window that
    the cell has reached already: nothing is forgotten, and no cap is passed.
    """
    ended = [new > old for new, old in zip(starts, cell.starts, strict=True)]
    if not any(ended):
        return cell
    return msgspec.structs.replace(
        cell,
        starts=tuple(max(pair) for pair in zip(starts, cell.starts, strict=True)),
        used=tuple(0 if gone else n for gone, n in zip(ended, cell.used, strict=True)),
        lost=tuple(0 if gone else n for gone, n in zip(ended, cell.lost, strict=True)),
    )


def fits(cell: Counters, entry: Entry, counted: Sequence[bool]) -> bool:
    """Tell whether an ADD keeps every cap. Kinds other than ADD always fit."""
    return not any(refusing(cell, entry, counted))


def refusing(cell: Counters, entry: Entry, counted: Sequence[bool]) -> tuple[bool, ...]:
    """Tell for each period whether a cap of it refuses an entry."""
    caps = entry.caps if entry.kind is Kind.ADD else ()
    passed = {
        period
        for period, cap in caps
        if counted[i := PERIODS.index(period)]
        and cell.used[i] + cell.lost[i] + cell.held + entry.amount > cap
    }
    return tuple(period in passed for period in PERIODS)


def in_windows(tally: Tally, starts: Sequence[int]) -> Tally:
    """Return the tally in the windows that begin at ``starts``; as of a cell, none moves back."""
    pairs = list(zip(starts, tally.starts, strict=True))
    return Tally(
        tuple(max(pair) for pair in pairs),
        tuple(0 if new > old else n for (new, old), n in zip(pairs, tally.refused, strict=True)),
    )


def tallied(tally: Tally, periods: Sequence[bool], starts: Sequence[int]) -> Tally:
    """Return the tally with one refusal more, by the caps of these periods."""
    now = in_windows(tally, starts)
    return msgspec.structs.replace(
        now, refused=tuple(n + p for n, p in zip(now.refused, periods, strict=True))
    )


def writes(entry: Entry) -> bool:
    """Tell whether an entry, once done, leaves another cell than it found."""
    return entry.kind is Kind.SET or (entry.kind is not Kind.WATCH and entry.amount > 0)


def applied(cell: Counters, entry: Entry, counted: Sequence[bool]) -> Counters:
    """Return the cell with an entry that writes done, in the periods that are counted.

    SET states what has been used, so it also ends what was ``lost``; what is held stays held.
    """
    if entry.kind is Kind.SET:
        used = [entry.amount if c else n for c, n in zip(counted, cell.used, strict=True)]
        lost = [0 if c else n for c, n in zip(counted, cell.lost, strict=True)]
        return msgspec.structs.replace(cell, used=tuple(used), lost=tuple(lost))
    used = [
        min(n + entry.amount, AMOUNT_MAX) if c else n
        for c, n in zip(counted, cell.used, strict=True)
    ]
    return msgspec.structs.replace(cell, used=tuple(used))


def spend(
    cells: Sequence[Counters],
    entries: Sequence[Entry],
    starts: Sequence[int],
    counted: Sequence[bool],
) -> tuple[bool, Sequence[Counters], list[Cell]]:
    """Do every entry on its cell, or none.

    Returns whether they were done, the cells afterwards, and the readings before. A cell that is
    only looked at stays in the window that it was last written in.
    """
    moved = [rolled(cell, starts) for cell in cells]
    before = [cell.reading() for cell in moved]
    if not all(fits(cell, entry, counted) for cell, entry in zip(moved, entries, strict=True)):
        return False, cells, before
    after = [
        applied(now, entry, counted) if writes(entry) else cell
        for cell, now, entry in zip(cells, moved, entries, strict=True)
    ]
    return True, after, before
