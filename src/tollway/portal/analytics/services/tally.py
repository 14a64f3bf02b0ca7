"""Adds usage events up into what each row grows by. No database and no clock.

Most events add. 3scale's `#n` states what a counter is to be, and rows are differences: so a set
adds what makes the calendar month, the unit of a bill, come to n. It may take something away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from tollway.core.periods import Period, Window, window
from tollway.core.series import quarter_of
from tollway.core.usage import AMOUNT_MAX
from tollway.portal.analytics.services.identities import Who, number
from tollway.store.spending import UsageEvent

Place = tuple[Who, int]
"""Whose, and of which metric."""

Recorded = Callable[[Who, int, Window], int]
"""What rows say that somebody has used of a metric in a window."""


class Tally:
    """``recorded`` is asked at most once for each month of each place that a set concerns."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._usage: defaultdict[Place, defaultdict[int, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        self._before: dict[tuple[Place, int], int] = {}
        self._responses: defaultdict[tuple[Who, int, int], int] = defaultdict(int)

    def count(self, who: Who, event: UsageEvent) -> None:
        """Count one event; those of one application come in the order in which they happened."""
        quarter = quarter_of(event.at)
        for metric, amount in event.added:
            if (pk := number(metric)) is not None:
                self._usage[who, pk][quarter] += amount
        for metric, amount in event.replaced:
            if (pk := number(metric)) is not None:
                self._usage[who, pk][quarter] += amount - self._month(who, pk, event.at)
        if event.code:
            self._responses[who, event.code, quarter] += event.count

    def usage(self) -> Iterator[tuple[Who, int, int, int]]:
        """Yield (who, metric, quarter, difference), each place once."""
        for (who, metric), quarters in self._usage.items():
            for quarter, amount in quarters.items():
                yield who, metric, quarter, _bounded(amount)

    def responses(self) -> Iterator[tuple[Who, int, int, int]]:
        """Yield (who, code, quarter, difference), each place once."""
        for (who, code, quarter), amount in self._responses.items():
            yield who, code, quarter, amount

    def _month(self, who: Who, metric: int, at: int) -> int:
        """Return what the month of ``at`` comes to so far, with what is counted here."""
        month = window(Period.MONTH, at)
        place = (who, metric)
        if (place, month.start) not in self._before:
            self._before[place, month.start] = self._recorded(who, metric, month)
        here = sum(n for quarter, n in self._usage[place].items() if quarter in month)
        return self._before[place, month.start] + here


def _bounded(amount: int) -> int:
    """Keep a difference within what counters hold: they stop there too, and a column must."""
    return max(-AMOUNT_MAX, min(amount, AMOUNT_MAX))
