"""Reads the notes about a product (tollway.store.notes), for the portal's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from tollway.store import keys, sync
from tollway.store.notes import NOTES_MAX, IntegrationError, List, Refusal

T = TypeVar("T", Refusal, IntegrationError)


class Notebook:
    """Reads and clears the lists. Any method may raise ``StoreUnavailableError``."""

    def __init__(self, client: sync.Client) -> None:
        self._client = client

    @classmethod
    def connect(cls, url: str) -> Notebook:
        """Open the lists of a server or a cluster. A bad URL: ``ValueError``."""
        return cls(sync.connect(url))

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def refusals(self, service_id: str) -> Sequence[Refusal]:
        """Return what was refused, the newest first."""
        return self._read(List.REFUSALS, service_id, Refusal)

    def errors(self, service_id: str) -> Sequence[IntegrationError]:
        """Return integration errors, the newest first."""
        return self._read(List.ERRORS, service_id, IntegrationError)

    def clear(self, which: List, service_id: str) -> None:
        sync.run(self._client, "DEL", keys.notes(which, service_id))

    def _read(self, which: List, service_id: str, kind: type[T]) -> Sequence[T]:
        lines = sync.run(self._client, "LRANGE", keys.notes(which, service_id), 0, NOTES_MAX - 1)
        decoder = msgspec.msgpack.Decoder(kind)
        return [decoder.decode(line) for line in lines]
