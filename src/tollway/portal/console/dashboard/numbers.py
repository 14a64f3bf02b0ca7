"""The row of numbers on top of the dashboard, each with its line and what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.db.models import Count, Q
from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.console.dashboard.keeping import Newest
from tollway.portal.console.dashboard.traffic import SETTLED_FOR_S, TENANTS_KEPT, Day
from tollway.portal.tenants.models import Tenant

NEW = timedelta(days=30)
BLOCKS = 15  # of two days each
POINTS_OF_A_LINE = 32


class Delta(Struct, frozen=True):
    """``tone``: "good", "bad", or "" where it is neither."""

    text: str = ""
    tone: str = ""


class Stat(Struct, frozen=True):
    """``name`` is that of the value in the live answer. Without ``values`` there is no line."""

    name: str
    label: str
    value: int
    delta: Delta = Delta()
    compared: str = ""  # what the difference is to, in words
    values: Sequence[int] = ()
    line: str = ""  # what the line shows, in words
    css: str = ""
    note: str = ""  # instead of a line


class NewAccounts(Struct, frozen=True):
    """Of the last 30 days, and of the 30 before; ``by_block`` in order of time."""

    count: int
    before: int
    by_block: tuple[int, ...]


def counted(count: int, noun: str) -> str:
    """Say how many there are of what has a regular plural.

    >>> counted(1, "account"), counted(1200, "account")
    ('1 account', '1,200 accounts')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(now: int, before: int, *, more: str = "", less: str = "") -> Delta:
    """Compare two amounts; ``more`` and ``less`` are the tones of either.

    >>> percent(112, 100).text, percent(1, 3).text, percent(7, 7).text, percent(5, 0).text
    ('12 % more', '67 % less', 'unchanged', '')
    """
    if not before:
        return Delta()
    change = round(100 * (now - before) / before)
    if change == 0:
        return Delta("unchanged")
    return Delta(
        f"{abs(change):,} % {'more' if change > 0 else 'less'}", more if change > 0 else less
    )


def difference(now: int, before: int) -> Delta:
    """Compare two counts of which more is good.

    >>> difference(12, 8).text, difference(8, 12).text, difference(3, 3).text
    ('4 more', '4 fewer', 'unchanged')
    """
    if now == before:
        return Delta("unchanged" if now else "")
    more = now > before
    return Delta(f"{abs(now - before):,} {'more' if more else 'fewer'}", "good" if more else "bad")


def condensed(values: Sequence[int], points: int = POINTS_OF_A_LINE) -> list[int]:
    """Add up so that at most ``points`` are left.

    >>> condensed([1, 2, 3, 4], 2)
    [3, 7]
    """
    step = -(-len(values) // points)
    return [sum(values[start : start + step]) for start in range(0, len(values), step)]


def of_traffic(day: Day, applications: int = 0) -> list[Stat]:
    """Return what calls come to; ``applications``: how many there are."""
    compared = "than the day before, up to the same time"
    settled, before = day.settled, day.before
    return [
        Stat(
            "calls", "Calls", sum(day.calls), percent(settled.calls, before.calls, more="good"),
            compared, condensed(day.calls), "Calls over the last 24 hours",
        ),
        Stat(
            "server_errors", "Reported errors (5xx)", sum(day.errors),
            percent(settled.errors, before.errors, more="bad", less="good"),
            compared, condensed(day.errors), "Errors over the last 24 hours", "tw-spark--stop",
        ),
        Stat(
            "active_applications", "Applications that called", day.callers,
            percent(settled.callers, before.callers, more="good"), compared,
            note=f"of {applications:,}" if applications else "",
        ),
    ]  # fmt: skip


def of_accounts(tenant: Tenant, *, at: int) -> Stat:
    minute = (at + tenant.pk * 7) // SETTLED_FOR_S
    found = _kept.get(tenant.pk, minute, lambda: _new_accounts(tenant, at))
    return Stat(
        "new_accounts", "New accounts, 30 days", found.count,
        difference(found.count, found.before), "than in the 30 days before",
        found.by_block, "New accounts over the last 30 days",
    )  # fmt: skip


def forget() -> None:
    """Count anew, in a database that is another now."""
    _kept.clear()


_kept = Newest[NewAccounts](TENANTS_KEPT)  # for a minute, as counting walks all accounts


def _new_accounts(tenant: Tenant, at: int) -> NewAccounts:
    now = datetime.fromtimestamp(at, UTC)
    length, since = NEW / BLOCKS, now - NEW
    borders = [since - NEW, *(since + length * block for block in range(BLOCKS)), None]
    counts = {
        f"block_{number}": Count("pk", filter=_between(start, end))
        for number, (start, end) in enumerate(pairwise(borders))
    }
    found = list(accounts.accounts_of(tenant).aggregate(**counts).values())
    return NewAccounts(sum(found[1:]), found[0], tuple(found[1:]))


def _between(start: datetime | None, end: datetime | None) -> Q:
    after = Q(created_at__gte=start)
    return after if end is None else after & Q(created_at__lt=end)
