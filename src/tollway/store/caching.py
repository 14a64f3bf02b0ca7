"""What one process remembers of the store, for a while or until told otherwise; bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Any, Generic, TypeVar

from tollway.store import StoreUnavailableError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

RENEWED_AT_ONCE = 64  # calls are let pass in between
_NEVER = float("-inf")


class Recent(Generic[K, V]):
    """At least half, and at most all, of the ``size_max`` entries that were used last.

    PERF: two generations, because to keep the exact order of use costs a change of the dictionary
    at each look (bench/authority.py). What is looked up in the old one moves to the young one; when
    that is full it becomes the old one, and what nobody has looked up since is forgotten.
    """

    def __init__(self, size_max: int) -> None:
        self._young_max = max(1, size_max // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        value = self._young.get(key)
        if value is None and (value := self._old.pop(key, None)) is not None:
            self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        if len(self._young) >= self._young_max and key not in self._young:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def drop(self, key: K) -> None:
        self._young.pop(key, None)
        self._old.pop(key, None)


class Fresh(Generic[K, V]):
    """Values that were true at most ``age_s`` ago, asked for once however many want them.

    ``load`` returns the value of now, or None if there is none; that is not remembered. What is in
    use is renewed before it gets old, so that nobody waits for it: ``ask`` puts a question about a
    key, and ``confirms`` tells whether the reply means that the value is still the same.
    """

    def __init__(
        self,
        load: Callable[[K], Awaitable[V | None]],
        ask: Callable[[K], asyncio.Future[Any]],
        confirms: Callable[[V, Any], bool],
        *,
        age_s: float,
        size_max: int,
    ) -> None:
        self._load = load
        self._ask = ask
        self._confirms = confirms
        self._age_s = age_s
        self._known: Recent[K, tuple[V, float]] = Recent(size_max)
        self._loading: dict[K, asyncio.Task[V | None]] = {}
        self._used: set[K] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._clock = asyncio.get_running_loop().time

    def at_hand(self, key: K) -> V | None:
        """Return what is known and not old."""
        known = self._known.get(key)
        if known is None or self._clock() - known[1] >= self._age_s:
            return None
        self._used.add(key)
        return known[0]

    async def get(self, key: K) -> V | None:
        known = self.at_hand(key)
        if known is not None:
            return known
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

    async def close(self) -> None:
        if self._renewing:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

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
            if self._age_s and (self._renewing is None or self._renewing.done()):
                self._renewing = asyncio.create_task(self._renew())
        return value

    async def _renew(self) -> None:
        """Renew what is in use, until nothing is, or the store is away."""
        while True:
            await asyncio.sleep(0.7 * self._age_s)
            used, self._used = list(self._used), set()
            if not used:
                return
            try:
                for first in range(0, len(used), RENEWED_AT_ONCE):
                    await self._renew_some(used[first : first + RENEWED_AT_ONCE])
            except StoreUnavailableError:
                return

    async def _renew_some(self, keys: Collection[K]) -> None:
        asked_at = self._clock()
        before = [self._known.get(key) for key in keys]
        replies = await asyncio.gather(*map(self._ask, keys), return_exceptions=True)
        for key, known, reply in zip(keys, before, replies, strict=True):
            if known is None or self._known.get(key) is not known:
                continue  # it was dropped or loaded meanwhile
            if isinstance(reply, StoreUnavailableError):
                raise reply
            same = not isinstance(reply, BaseException) and self._confirms(known[0], reply)
            self._known.put(key, (known[0], asked_at if same else _NEVER))


def _retrieve(task: asyncio.Task[V]) -> None:
    """Look at a failure that every caller may have stopped waiting for."""
    if not task.cancelled():
        task.exception()
