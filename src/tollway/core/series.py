"""How usage is laid out in time: recorded by quarters of an hour, shown by units of a calendar.

A quarter is the longest span whose borders are borders of the hour in every time zone in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

QUARTER_S = 900


class Granularity(StrEnum):
    QUARTER = "quarter"
    HOUR = "hour"
    SIX_HOURS = "six_hours"
    DAY = "day"
    MONTH = "month"


def quarter_of(at: int) -> int:
    """Return where the quarter of an hour that holds ``at`` begins."""
    return at - at % QUARTER_S


def starts(granularity: Granularity, since: int, until: int, zone: tzinfo) -> list[int]:
    """Return where the units of ``granularity`` that touch [since, until) begin, in order.

    Quarters and hours have a fixed length. Longer units follow the clock on the wall, so a day may
    have 23 or 25 hours.
    """
    if since >= until:
        return []
    fixed = {Granularity.QUARTER: QUARTER_S, Granularity.HOUR: 3600}.get(granularity)
    if fixed:
        offset = datetime.fromtimestamp(since, zone).utcoffset() or timedelta()
        first = since - (since + int(offset.total_seconds())) % fixed
        return list(range(first, until, fixed))
    found = []
    for local in _local_starts(granularity, datetime.fromtimestamp(since, zone)):
        start = int(local.timestamp())
        if start >= until:
            break
        found.append(start)
    return found


def _local_starts(granularity: Granularity, first: datetime) -> Iterator[datetime]:
    day = first.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if granularity is Granularity.MONTH:
        local = day.replace(day=1)
        while True:
            yield local
            local = (local + timedelta(days=32)).replace(day=1)
    six = granularity is Granularity.SIX_HOURS
    local = day.replace(hour=first.hour // 6 * 6) if six else day
    while True:
        yield local
        local += timedelta(hours=6) if six else timedelta(days=1)  # on the wall's clock
