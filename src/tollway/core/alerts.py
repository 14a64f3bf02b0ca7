"""Levels of utilisation: how much of a limit an application has used, and when that is news.

Two rules stand side by side. 3scale's (section 15 of the Service Management API's specification)
looks at the tightest limit only, and at the very level reached: ``level_to_raise``. Ours looks at
each limit by itself, and a level that was jumped over counts as reached: ``highest_reached``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction

from tollway.core.limits import Report
from tollway.core.periods import Period, window

LEVELS = (0, 50, 80, 90, 100, 120, 150, 200, 300)  # percent
REPEAT_S = 24 * 3600  # after which a level may be raised again


def level_of(used: int, maximum: int) -> int:
    """Round a utilisation down to a level, exactly. ``maximum`` is above 0.

    >>> level_of(79, 100), level_of(80, 100), level_of(10**6, 1)
    (50, 80, 300)
    """
    return max(level for level in LEVELS if level * maximum <= used * 100)


def highest_reached(used: int, maximum: int, levels: Collection[int]) -> int:
    """Return the highest of ``levels`` that is reached, or 0. ``maximum`` is above 0."""
    return max((level for level in levels if level * maximum <= used * 100), default=0)


def tightest(reports: Iterable[Report]) -> Report | None:
    """Return the limit that is used most, in proportion; limits of 0 say nothing of use."""
    limited = (report for report in reports if report.limit.maximum > 0)
    return max(limited, key=lambda r: Fraction(r.used, r.limit.maximum), default=None)


def level_to_raise(
    report: Report, levels: Collection[int], raised: Mapping[int, int], *, at: int
) -> int:
    """Return the level that 3scale would raise an alert for, or 0 for none.

    ``report`` is the tightest limit, ``levels`` those that the service is configured for, and
    ``raised`` says when the application raised each level the last time. While its highest level
    is fresh, no other one is raised.
    """
    fresh = {level for level, when in raised.items() if at < when + REPEAT_S}
    level = level_of(report.used, report.limit.maximum)
    if level not in levels or level in fresh or max(levels) in fresh:
        return 0
    return level


def occasion(period: Period, at: int) -> int:
    """Return where the window begins in which a level of a limit is news once.

    A limit per minute would make news all day; it does so once an hour.
    """
    return window(Period.HOUR if period is Period.MINUTE else period, at).start
