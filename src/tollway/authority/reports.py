"""Counts what plugins and gateways report: POST /transactions.xml.

A batch is checked whole before anything of it is counted, so a fault in one line leaves all of it
uncounted. It is counted before it is answered: 202 means that the store has it. Lines of one
application are put together; what belongs to several applications cannot be one step in the store,
so that only a failure of the store itself can leave a batch counted in part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct

from tollway import clock
from tollway.authority import answers, cases, timestamps
from tollway.authority.admission import Admission
from tollway.authority.answers import Accepted, Rejected
from tollway.authority.cases import ProductCase
from tollway.authority.journal import Journal
from tollway.authority.request import Report, Transaction
from tollway.authority.service import ATTEMPTS_MAX
from tollway.core import limits
from tollway.core.usage import AMOUNT_MAX, NOTHING, Amount, Usage, parse_amount
from tollway.store import Outcome, Spend, Store, StoreUnavailableError
from tollway.store.snapshot import Application

# The store's queue is bounded; one batch must not fill it.
GROUPS_AT_ONCE = 64
LINES_AT_ONCE = 64


class Line(Struct, frozen=True):
    """A transaction that can be counted. ``credentials`` find the application again."""

    credentials: tuple[str | None, str | None]
    application: Application
    usage: Usage
    at: int
    code: int


class Reports:
    def __init__(
        self,
        store: Store,
        admission: Admission,
        journal: Journal,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self._store = store
        self._journal = journal
        self._admission = admission
        self._now = now

    async def report(self, ask: Report) -> Accepted | Rejected:
        """Count all transactions, or none. Raises ``StoreUnavailableError``."""
        product = await self._admission.service(ask)
        if isinstance(product, Rejected):
            return product
        now = self._now()
        lines: list[Line] = []
        for number, transaction in enumerate(ask.transactions, 1):
            if number % LINES_AT_ONCE == 0:
                await asyncio.sleep(0)  # a big batch lets other calls pass in between
            line = await self._line(product, transaction, flat=ask.flat_usage, now=now)
            if isinstance(line, Rejected):
                return Accepted(self._journal.noted(product.id, line))
            if line is not None:
                lines.append(line)
        await self._count(product, combined(lines), now)
        return Accepted()

    async def _line(
        self, product: ProductCase, transaction: Transaction, *, flat: bool, now: int
    ) -> Line | Rejected | None:
        """Check one transaction; None if it has nothing to count."""
        pairs = transaction.usage
        if pairs is None or all(value and parse_amount(value) == NOTHING for _, value in pairs):
            return None
        credentials = transaction.app_id, transaction.user_key
        application = await self._admission.application(product, *credentials)
        if isinstance(application, Rejected):
            return application
        usage = cases.named(product.tree, pairs)
        if isinstance(usage, Rejected):
            return usage
        at = timestamps.parse(transaction.timestamp, now=now)
        if fault := _out_of_range(at, now):
            return fault
        total = usage if flat else product.tree.roll_up(usage)
        return Line(credentials, application, total, at, transaction.code)

    async def _count(
        self, product: ProductCase, groups: Sequence[Sequence[Line]], now: int
    ) -> None:
        """Count groups side by side, and try every one of them even if the store fails another."""
        for first in range(0, len(groups), GROUPS_AT_ONCE):
            some = groups[first : first + GROUPS_AT_ONCE]
            counting = [self._count_group(product, group, now) for group in some]
            faults = await asyncio.gather(*counting, return_exceptions=True)
            for fault in filter(None, faults):
                raise fault

    async def _count_group(self, product: ProductCase, lines: Sequence[Line], now: int) -> None:
        for line in lines:
            await self._count_line(product, line, now)

    async def _count_line(self, product: ProductCase, line: Line, now: int) -> None:
        application = line.application
        for _ in range(ATTEMPTS_MAX):
            spend = Spend(
                product.id,
                application.id,
                application.revision,
                limits.unchecked(line.usage),
                now,
                line.at,
                line.code,
            )
            spent = await self._store.spend(spend)
            if spent.outcome is not Outcome.STALE:
                return
            found = await self._admission.application(product, *line.credentials)
            if isinstance(found, Rejected):
                return  # it was deleted meanwhile: there is nothing left to count on
            application = found
        raise StoreUnavailableError("the application's record changes faster than it can be read")


def combined(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines by application, and merge neighbours that count in the same minute.

    A line with a status code stays alone: each one is a response of its own in the statistics.
    """
    groups: dict[str, list[Line]] = {}
    for line in lines:
        group = groups.setdefault(line.application.id, [])
        merged = _merged(group[-1], line) if group else None
        if merged:
            group[-1] = merged
        else:
            group.append(line)
    return list(groups.values())


def _merged(first: Line, second: Line) -> Line | None:
    if first.code or second.code or first.at // 60 != second.at // 60:
        return None
    usage: dict[str, Amount] = dict(first.usage)
    for metric, amount in second.usage.items():
        usage[metric] = usage[metric].then(amount) if metric in usage else amount
    if any(amount.value > AMOUNT_MAX for amount in usage.values()):
        return None
    return Line(first.credentials, first.application, usage, first.at, 0)


def _out_of_range(at: int, now: int) -> Rejected | None:
    if at < now - timestamps.PAST_S_MAX:
        return answers.TIMESTAMP_OLD
    return answers.TIMESTAMP_NEW if at > now + timestamps.FUTURE_S_MAX else None
