"""What one process remembers of the store, for a while or until told otherwise; bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The ``size_max`` entries that were used last."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._entries: dict[K, V] = {}  # the least recently used first

    def get(self, key: K) -> V | None:
        value = self._entries.pop(key, None)
        if value is not None:
            self._entries[key] = value
        return value

    def put(self, key: K, value: V) -> None:
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) > self._size_max:
            del self._entries[next(iter(self._entries))]

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)


class Fresh(Generic[K, V]):
    """Values that were true at most ``age_s`` ago, asked for once however many want them.

    ``load`` returns the value of now, or None if there is none; that is not remembered.
    """

    def __init__(
        self, load: Callable[[K], Awaitable[V | None]], *, age_s: float, size_max: int
    ) -> None:
        self._load = load
        self._age_s = age_s
        self._known: Recent[K, tuple[V, float]] = Recent(size_max)
        self._loading: dict[K, asyncio.Task[V | None]] = {}
        self._clock = asyncio.get_running_loop().time

    async def get(self, key: K) -> V | None:
        known = self._known.get(key)
        if known is not None and self._clock() - known[1] < self._age_s:
            return known[0]
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._refresh(key))
            task.add_done_callback(_retrieve)
            self._loading[key] = task
        return await asyncio.shield(task)  # one caller's giving up is not the others'

    def drop(self, key: K) -> None:
        """Forget a value; an answer that is already on its way is not waited for either."""
        self._known.drop(key)
        self._loading.pop(key, None)

    def last(self, key: K) -> V | None:
        """Return the value that was loaded last, however old."""
        known = self._known.get(key)
        return None if known is None else known[0]

    async def _refresh(self, key: K) -> V | None:
        asked_at = self._clock()
        try:
            value = await self._load(key)
        finally:
            if self._loading.get(key) is asyncio.current_task():
                del self._loading[key]
        if value is None:
            self._known.drop(key)
        else:
            self._known.put(key, (value, asked_at))
        return value


def _retrieve(task: asyncio.Task[V]) -> None:
    """Look at a failure that every caller may have stopped waiting for."""
    if not task.cancelled():
        task.exception()
