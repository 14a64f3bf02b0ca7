"""Where counters and snapshots live: one small protocol, Valkey in production, a dict in tests.

``Store`` is the whole seam between the processes that decide and the server that remembers.
``tollway.store.memory`` is its executable specification, ``tollway.store.valkey`` the real one.
Writing snapshots is ``tollway.store.publishing``'s alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from tollway.core.limits import Entry
from tollway.store.notes import List
from tollway.store.snapshot import Application, Configurations, Gateway, Owner, Product

ONCE_S = 86_400  # for how long receipts, and the names of what is done once, are kept


class Outcome(StrEnum):
    DONE = "done"  # every entry was applied
    REFUSED = "refused"  # a cap would have been passed; nothing was changed
    STALE = "stale"  # the application's record has another revision; nothing was changed
    REPEATED = "repeated"  # what ``once`` names was done before; nothing was changed


class Spend(Struct, frozen=True):
    """One decision about one application, to be applied whole or not at all.

    A metric appears in at most one entry, and amounts lie in 0..``AMOUNT_MAX``: anything else is a
    fault of the caller and raises ``ValueError``. Counters stop at ``AMOUNT_MAX``, they never wrap.

    ``at`` is in whole seconds since the epoch and decides the windows. ``event_at`` is what the
    usage event carries (a report may lie in the past or future): a period is counted only if
    ``event_at`` lies in the same window as ``at``. ``code`` is the API's own HTTP status, or 0.
    With ``record`` false no usage event is written (an authorisation that only looks). With no
    entries at all, a spend still tells whether the revision is the current one.

    ``once`` names the decision, if it is not to be done a second time within ``ONCE_S`` however
    often it is asked for; b"" otherwise.
    """

    service_id: str
    application_id: str
    revision: int
    entries: Sequence[Entry]
    at: int
    event_at: int
    code: int = 0
    record: bool = True
    once: bytes = b""


class Cell(Struct, frozen=True, array_like=True):
    """One metric's counters, in the order of ``Period``: units used (with those lost), and held."""

    used: tuple[int, ...]
    held: int = 0


class Spent(Struct, frozen=True, array_like=True):
    """The outcome, and the cell of every entry as it was *before*, in the order of the entries.

    Windows that have ended read as 0. A stale or repeated outcome comes without cells.
    """

    outcome: Outcome
    before: Sequence[Cell]


class Receipt(Struct, frozen=True, array_like=True):
    """What is remembered of a report that came under a key.

    ``digest`` tells it from another report, ``at`` is when it first came (seconds since the epoch),
    and ``counted`` says that all of it has been.
    """

    digest: bytes
    at: int
    counted: bool = False


class StoreUnavailableError(Exception):
    """The store did not answer, or holds nothing yet. Callers answer 503 with Retry-After.

    A spend that was under way when the connection broke may have been applied, without an answer.
    """


class SourceConflictError(Exception):
    """The service was published by the other source (``snapshot.Source``); nothing was changed."""


class Store(Protocol):
    """What the authority needs of a store. Every method may raise ``StoreUnavailableError``.

    Secrets are passed in the clear and looked up by digest. A store into which nothing has been
    published (or which has lost its data) raises instead of answering None, so that a fault of
    ours is never told to a client as a wrong key.
    """

    async def spend(self, spend: Spend) -> Spent: ...

    def product_at_hand(self, token: str, service_id: str) -> Product | None:
        """Return the product, if it and its token are known without asking, as they may be then."""
        ...

    def application_at_hand(
        self, service_id: str, app_id: str | None, user_key: str | None
    ) -> Application | None:
        """Return the application of an id, or else of a user key, if it is known without asking."""
        ...

    async def product(self, service_id: str, *, fresh: bool = False) -> Product | None:
        """Return the product, half a second old at most, or with ``fresh`` as it is now."""
        ...

    async def application(self, service_id: str, application_id: str) -> Application | None: ...

    async def application_by_user_key(self, service_id: str, key: str) -> Application | None: ...

    async def service_token(self, token: str, service_id: str) -> bool:
        """Whether this pair of token and service id has been published."""
        ...

    async def provider(self, provider_key: str) -> Owner | None: ...

    async def gateway(self, token: str) -> Gateway | None: ...

    async def configurations(
        self, gateway: Gateway, environment: str, *, after: str, wait_s: float
    ) -> Configurations:
        """Return what changed since the cursor ``after`` ("" for all), waiting up to ``wait_s``.

        ``environment`` is "staging" or "production", else ``ValueError``. The gateway sees its
        owner's services only, and nothing of an environment that is not its own.
        """
        ...

    async def receipt(self, name: bytes) -> Receipt | None: ...

    async def put_receipt(self, name: bytes, receipt: Receipt) -> bool:
        """Keep a receipt for ``ONCE_S``.

        One that is not counted yet takes no other's place: False if there is another.
        """
        ...

    async def note(self, which: List, service_id: str, lines: Sequence[Struct]) -> None:
        """Put lines in front of a product's list; the oldest ones fall out."""
        ...
