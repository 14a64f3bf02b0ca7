"""Counts what plugins and gateways report: POST /transactions.xml.

A batch is checked whole before anything of it is counted, so a fault in one line leaves all of it
uncounted. It is counted before it is answered: 202 means that the store has it. Lines of one
application are put together; what belongs to several applications cannot be one step in the store,
so that only a failure of the store itself can leave a batch counted in part. A batch under a key
can then be sent again: each line is counted together with its name, and never a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from tollway import clock
from tollway.authority import answers, cases, receipts, timestamps
from tollway.authority.admission import Admission
from tollway.authority.answers import Accepted, Rejected
from tollway.authority.cases import ProductCase
from tollway.authority.journal import Journal
from tollway.authority.request import Report, Transaction
from tollway.authority.service import ATTEMPTS_MAX
from tollway.core import limits
from tollway.core.usage import AMOUNT_MAX, NOTHING, Amount, Usage, parse_amount
from tollway.store import Outcome, Receipt, Spend, Store, StoreUnavailableError
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application

# The store's queue is bounded; one batch must not fill it.
GROUPS_AT_ONCE = 64
LINES_AT_ONCE = 64

Namer = Callable[[int], bytes]
"""What the line of this number is called, so that it is counted once; b"" for no name."""


class Line(Struct, frozen=True):
    """A transaction that can be counted. ``credentials`` find the application again.

    ``number`` is its place in the batch, or that of the first of those that were put together.
    """

    number: int
    credentials: tuple[str | None, str | None]
    application: Application
    usage: Usage
    at: int
    code: int


class Reports:
    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        admission: Admission,
        journal: Journal,
        now: Callable[[], int] = clock.now,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._journal = journal
        self._admission = admission
        self._now = now

    async def report(self, ask: Report) -> Accepted | Rejected:
        """Count all transactions, or none. Raises ``StoreUnavailableError``."""
        product = await self._admission.service(ask)
        if isinstance(product, Rejected):
            return product
        if ask.key is not None:
            return await self._report_once(ask, product)
        now = self._now()
        lines = await self._lines(ask, product, now)
        if isinstance(lines, Rejected):
            return Accepted(lines)
        await self._count(product, lines, now)
        return Accepted()

    async def _report_once(self, ask: Report, product: ProductCase) -> Accepted | Rejected:
        """Count a report under a key, or what is still missing of it.

        What has no time of its own belongs to when the report first came, so that a repeat is put
        together into the same lines. A report that cannot be counted leaves no receipt.
        """
        name = receipts.name(self._keyring, ask, product.id)
        digest = receipts.digest(self._keyring, ask)
        found = await self._store.receipt(name)
        receipt = found or Receipt(digest, self._now())
        if receipt.digest != digest:
            return answers.KEY_REUSED
        if receipt.counted:
            return Accepted()
        lines = await self._lines(ask, product, receipt.at)
        if isinstance(lines, Rejected):
            return Accepted(lines)
        if found is None and not await self._store.put_receipt(name, receipt):
            return await self._report_once(ask, product)  # another has come in between
        now = receipt.at if found is None else self._now()
        named = partial(receipts.line_name, name, receipt)
        await self._count(product, lines, now, named)
        await self._store.put_receipt(name, Receipt(digest, receipt.at, counted=True))
        return Accepted()

    async def _lines(self, ask: Report, product: ProductCase, now: int) -> list[Line] | Rejected:
        """Check all transactions; return those that count, or the first fault, which is noted."""
        lines: list[Line] = []
        for done, (number, transaction) in enumerate(by_credentials(ask.transactions), 1):
            if done % LINES_AT_ONCE == 0:
                await asyncio.sleep(0)  # a big batch lets other calls pass in between
            line = await self._line(number, product, transaction, flat=ask.flat_usage, now=now)
            if isinstance(line, Rejected):
                return self._journal.noted(product.id, line)
            if line is not None:
                lines.append(line)
        return sorted(lines, key=lambda line: line.number)

    async def _line(
        self, number: int, product: ProductCase, transaction: Transaction, *, flat: bool, now: int
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
        return Line(number, credentials, application, total, at, transaction.code)

    async def _count(
        self, product: ProductCase, lines: Sequence[Line], now: int, name: Namer = lambda _: b""
    ) -> None:
        """Count applications side by side, and try each of them even if the store fails another."""
        groups = combined(lines)
        for first in range(0, len(groups), GROUPS_AT_ONCE):
            some = groups[first : first + GROUPS_AT_ONCE]
            counting = [self._count_group(product, group, now, name) for group in some]
            faults = await asyncio.gather(*counting, return_exceptions=True)
            for fault in filter(None, faults):
                raise fault

    async def _count_group(
        self, product: ProductCase, lines: Sequence[Line], now: int, name: Namer
    ) -> None:
        for line in lines:
            await self._count_line(product, line, now, name(line.number))

    async def _count_line(self, product: ProductCase, line: Line, now: int, once: bytes) -> None:
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
                once=once,
            )
            spent = await self._store.spend(spend)
            if spent.outcome is not Outcome.STALE:
                return
            found = await self._admission.application(product, *line.credentials)
            if isinstance(found, Rejected):
                return  # it was deleted meanwhile: there is nothing left to count on
            application = found
        raise StoreUnavailableError("the application's record changes faster than it can be read")


def by_credentials(transactions: Sequence[Transaction]) -> list[tuple[int, Transaction]]:
    """Put the transactions of one application together, as 3scale does, each with its number.

    It matters to a batch with several faults: one of them is told.
    """
    groups: dict[tuple[str | None, str | None], list[tuple[int, Transaction]]] = {}
    for number, line in enumerate(transactions):
        groups.setdefault((line.app_id, line.user_key), []).append((number, line))
    return [numbered for group in groups.values() for numbered in group]


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
    return msgspec.structs.replace(first, usage=usage)


def _out_of_range(at: int, now: int) -> Rejected | None:
    if at < now - timestamps.PAST_S_MAX:
        return answers.TIMESTAMP_OLD
    return answers.TIMESTAMP_NEW if at > now + timestamps.FUTURE_S_MAX else None
