"""The store in a dict: the executable specification of ``Store`` and of publishing.

What ``ValkeyStore`` and ``Publisher`` do on a server, this does in one process and without I/O. A
state machine in the tests drives both side by side. Writing methods are synchronous, and belong to
the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tollway.store import (
    Outcome,
    Receipt,
    SourceConflictError,
    Spend,
    Spent,
    StoreUnavailableError,
    spending,
)
from tollway.store.feed import Feed
from tollway.store.notes import NOTES_MAX, List
from tollway.store.sealing import Keyring
from tollway.store.snapshot import (
    ENVIRONMENTS,
    Application,
    Configurations,
    Gateway,
    Owner,
    Product,
    Source,
    content,
)
from tollway.store.spending import Counters, Tally, UsageEvent

T = TypeVar("T")


class MemoryStore:
    """Both seams in one: the methods of ``Store`` and those of ``Publisher``.

    ``position`` 0 is a store into which nothing has been published yet, or that lost its data.
    ``source`` is whose publishing this is; tests set it to play both.
    """

    def __init__(
        self, keyring: Keyring, *, source: Source = Source.PORTAL, position: int = 1
    ) -> None:
        self.source = source
        self.usage: list[UsageEvent] = []
        self.cells: dict[tuple[str, str, str], Counters] = {}
        self.refused: dict[tuple[str, str, str], Tally] = {}
        self.notes: dict[tuple[List, str], tuple[msgspec.Struct, ...]] = {}
        self._keyring = keyring
        self._position = 0
        self._revision = 0
        self._products: dict[str, Product] = {}
        self._applications: dict[tuple[str, str], Application] = {}
        self._user_keys: dict[bytes, str] = {}  # digest -> application id
        self._service_tokens: defaultdict[str, set[bytes]] = defaultdict(set)
        self._providers: dict[bytes, Owner] = {}
        self._once: set[tuple[str, str, bytes]] = set()  # a server forgets after ONCE_S
        self._receipts: dict[bytes, Receipt] = {}
        self._gateways: dict[bytes, Gateway] = {}
        self._feeds = {environment: Feed() for environment in ENVIRONMENTS}
        self._changed = asyncio.Event()
        if position:
            self.mark(position)

    # What the authority asks.

    async def spend(self, spend: Spend) -> Spent:
        spending.check(spend)
        owner = (spend.service_id, spend.application_id)
        if (*owner, spend.once) in self._once:
            return Spent(Outcome.REPEATED, ())
        application = self._applications.get(owner)
        if application is None or application.revision != spend.revision:
            return Spent(Outcome.STALE, ())
        keys = [(*owner, entry.metric) for entry in spend.entries]
        done, after, before = spending.spend(
            [self.cells.get(key, Counters()) for key in keys],
            spend.entries,
            spending.starts(spend.at),
            spending.counted(spend.at, spend.event_at),
        )
        if not done:
            self._tally(spend)
            return Spent(Outcome.REFUSED, before)
        self.cells.update(zip(keys, after, strict=True))
        if event := spending.event(spend, spending.changes(spend.entries)):
            self.usage.append(event)
        if spend.once:
            self._once.add((*owner, spend.once))
        return Spent(Outcome.DONE, before)

    def _tally(self, spend: Spend) -> None:
        """Count what was refused, for the caps that refuse it."""
        starts = spending.starts(spend.at)
        counted = spending.counted(spend.at, spend.event_at)
        for entry in spend.entries:
            key = (spend.service_id, spend.application_id, entry.metric)
            cell = spending.rolled(self.cells.get(key, Counters()), starts)
            periods = spending.refusing(cell, entry, counted)
            if any(periods):
                tally = self.refused.get(key, Tally())
                self.refused[key] = spending.tallied(tally, periods, starts)

    def product_at_hand(self, token: str, service_id: str) -> Product | None:
        digest = self._keyring.digest("service_token", token)
        known = digest in self._service_tokens[service_id]
        return self._products.get(service_id) if known else None

    def application_at_hand(
        self, service_id: str, app_id: str | None, user_key: str | None
    ) -> Application | None:
        if app_id is not None:
            return self._applications.get((service_id, app_id))
        return self._by_user_key(service_id, user_key or "")

    async def product(self, service_id: str, *, fresh: bool = False) -> Product | None:  # noqa: ARG002
        return self._published(self._products.get(service_id))

    async def application(self, service_id: str, application_id: str) -> Application | None:
        return self._published(self._applications.get((service_id, application_id)))

    async def application_by_user_key(self, service_id: str, key: str) -> Application | None:
        return self._published(self._by_user_key(service_id, key))

    def _by_user_key(self, service_id: str, key: str) -> Application | None:
        digest = self._keyring.digest("user_key", service_id, key)
        application = self._applications.get((service_id, self._user_keys.get(digest, "")))
        return application if application and digest in application.user_keys else None

    async def service_token(self, token: str, service_id: str) -> bool:
        digest = self._keyring.digest("service_token", token)
        return bool(self._published(digest in self._service_tokens[service_id] or None))

    async def provider(self, provider_key: str) -> Owner | None:
        digest = self._keyring.digest("provider_key", provider_key)
        return self._published(self._providers.get(digest))

    async def gateway(self, token: str) -> Gateway | None:
        return self._published(self._gateways.get(self._keyring.digest("gateway_token", token)))

    async def configurations(
        self, gateway: Gateway, environment: str, *, after: str, wait_s: float
    ) -> Configurations:
        feed = self._feed(environment)
        clock = asyncio.get_running_loop().time
        until = clock() + wait_s
        while True:
            changed = self._changed
            step = feed.since(after, gateway, environment)
            after = step.cursor
            if step.complete or step.services or step.removed or clock() >= until:
                return step
            try:
                async with asyncio.timeout_at(until):
                    await changed.wait()
            except TimeoutError:
                continue

    async def receipt(self, name: bytes) -> Receipt | None:
        return self._receipts.get(name)

    async def put_receipt(self, name: bytes, receipt: Receipt) -> bool:
        if not receipt.counted and name in self._receipts:
            return False
        self._receipts[name] = receipt
        return True

    async def note(self, which: List, service_id: str, lines: Sequence[msgspec.Struct]) -> None:
        kept = self.notes.get((which, service_id), ())
        self.notes[which, service_id] = (*reversed(lines), *kept)[:NOTES_MAX]

    def _published(self, found: T | None) -> T | None:
        """Return what was found; and what was not, only if something has been published at all."""
        if found is None and not self._position:
            raise StoreUnavailableError("nothing has been published to this store yet")
        return found

    # What publishers tell.

    def put_product(self, product: Product) -> None:
        self._claim(product.id)
        new = msgspec.structs.replace(product, source=self.source)
        old = self._products.get(product.id)
        if old is None or content(old) != content(new):
            self._products[product.id] = msgspec.structs.replace(new, revision=self._next())

    def remove_product(self, service_id: str) -> None:
        """Remove the product, and its applications, tokens and configurations with it."""
        self._claim(service_id)
        self._products.pop(service_id, None)
        for which in List:
            self.notes.pop((which, service_id), None)
        for owner, application_id in [key for key in self._applications if key[0] == service_id]:
            self.remove_application(owner, application_id)
        self._service_tokens.pop(service_id, None)
        for environment in ENVIRONMENTS:
            self.remove_configuration(environment, service_id)

    def put_application(self, application: Application) -> None:
        self._claim(application.service_id)
        key = (application.service_id, application.id)
        old = self._applications.get(key)
        self._user_keys.update(dict.fromkeys(application.user_keys, application.id))
        if old is None or content(old) != content(application):
            new = msgspec.structs.replace(application, revision=self._next())
            self._applications[key] = new

    def remove_application(self, service_id: str, application_id: str) -> None:
        """Remove the application and its counters: its id may come to mean another one."""
        self._claim(service_id)
        owner = (service_id, application_id)
        self._applications.pop(owner, None)
        for kept in (self.cells, self.refused):
            for key in [key for key in kept if key[:2] == owner]:
                del kept[key]

    def put_service_token(self, service_id: str, digest: bytes) -> None:
        self._claim(service_id)
        self._service_tokens[service_id].add(digest)

    def remove_service_token(self, service_id: str, digest: bytes) -> None:
        self._claim(service_id)
        self._service_tokens[service_id].discard(digest)

    def put_provider(self, digest: bytes, owner: Owner) -> None:
        self._claim_provider(digest)
        self._providers[digest] = msgspec.structs.replace(owner, source=self.source)

    def remove_provider(self, digest: bytes) -> None:
        self._claim_provider(digest)
        self._providers.pop(digest, None)

    def put_gateway(self, digest: bytes, gateway: Gateway) -> None:
        self._gateways[digest] = gateway

    def remove_gateway(self, digest: bytes) -> None:
        self._gateways.pop(digest, None)

    def put_configuration(
        self, environment: str, owner: str, service_id: str, document: Mapping[str, Any]
    ) -> None:
        self._claim(service_id)
        self._feed(environment).put(owner, service_id, document)
        self._wake()

    def remove_configuration(self, environment: str, service_id: str) -> None:
        self._claim(service_id)
        self._feed(environment).remove(service_id)
        self._wake()

    def position(self) -> int:
        return self._position

    def mark(self, position: int) -> None:
        """Note how far the publish reader has come. The first mark opens the feeds."""
        self._position = position
        for feed in self._feeds.values():
            feed.open()
        self._wake()

    def _claim(self, service_id: str) -> None:
        product = self._products.get(service_id)
        if product and product.source is not self.source:
            raise SourceConflictError(
                f"service {service_id!r} is published by {product.source}, not {self.source}"
            )

    def _claim_provider(self, digest: bytes) -> None:
        owner = self._providers.get(digest)
        if owner and owner.source is not self.source:
            raise SourceConflictError(f"a provider key is published by {owner.source}")

    def _next(self) -> int:
        self._revision += 1
        return self._revision

    def _feed(self, environment: str) -> Feed:
        if environment not in ENVIRONMENTS:
            raise ValueError(f"environment is one of {', '.join(ENVIRONMENTS)}")
        return self._feeds[environment]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
