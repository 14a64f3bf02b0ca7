"""The configuration feed in Python: what changed since a cursor, for one environment.

``publishing.lua`` is its twin on the server. A cursor names the feed's generation and a position
in it. Readers treat it as opaque; one that cannot be continued gets everything anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tollway.store.snapshot import Configurations, Gateway

REMOVED_MAX = 1000  # removals that are remembered; a cursor from before them starts anew


class _Change(Struct, frozen=True):
    position: int
    owner: str
    document: Mapping[str, Any] | None  # None: removed


class Feed:
    """The newest change of each service. Closed until everything has been published once.

    A closed feed stands still: a store that lost its data must not tell gateways that all is gone.
    """

    def __init__(self) -> None:
        self._generation = 0  # 0: closed
        self._position = 0
        self._floor = 0  # cursors before it would miss a removal that is forgotten
        self._changes: dict[str, _Change] = {}

    def open(self) -> None:
        self._generation = self._generation or 1

    def put(self, owner: str, service_id: str, document: Mapping[str, Any]) -> None:
        old = self._changes.get(service_id)
        if old and (old.owner, old.document) == (owner, document):
            return
        if old and old.owner != owner and self._generation:
            self._generation += 1  # only a complete step can take it from the old owner's gateways
        self._append(service_id, owner, document)

    def remove(self, service_id: str) -> None:
        old = self._changes.get(service_id)
        if old and old.document is not None:
            self._append(service_id, old.owner, None)
            self._forget_old_removals()

    def since(self, after: str, gateway: Gateway, environment: str) -> Configurations:
        """Return the step from ``after`` ("" for all); it is empty if nothing changed."""
        if not self._generation or environment not in gateway.environments:
            return Configurations(after, complete=False)
        known = position_of(after, str(self._generation))
        complete = known is None or not self._floor <= known <= self._position
        seen = {
            service_id: change.document
            for service_id, change in self._changes.items()
            if (complete or change.position > (known or 0))
            and gateway.owner in (None, change.owner)
        }
        return Configurations(
            cursor(str(self._generation), self._position),
            complete,
            [document for document in seen.values() if document is not None],
            [] if complete else [s for s, document in seen.items() if document is None],
        )

    def _append(self, service_id: str, owner: str, document: Mapping[str, Any] | None) -> None:
        self._position += 1
        self._changes.pop(service_id, None)
        self._changes[service_id] = _Change(self._position, owner, document)

    def _forget_old_removals(self) -> None:
        removed = [s for s, change in self._changes.items() if change.document is None]
        for service_id in removed[: max(0, len(removed) - REMOVED_MAX)]:
            self._floor = self._changes.pop(service_id).position


def cursor(generation: str, position: int) -> str:
    return f"{generation}-{position}"


def position_of(after: str, generation: str) -> int | None:
    """Return the position that a cursor names in this generation, or None if it names none."""
    theirs, _, position = after.partition("-")
    if theirs != generation or not position.isascii() or not position.isdigit():
        return None
    return int(position)
