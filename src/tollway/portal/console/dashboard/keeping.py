"""Keeps in memory what was read, one value for each key: the one of the newest state."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Newest(Generic[V]):
    """At most ``keys_max`` values; what was made longest ago goes first.

    Threads share it. Two that miss at once both make the value, and either is right.
    """

    def __init__(self, keys_max: int) -> None:
        self._keys_max = keys_max
        self._held: dict[Hashable, tuple[Hashable, V]] = {}

    def get(self, key: Hashable, state: Hashable, make: Callable[[], V]) -> V:
        """Return the value of ``key`` in this state, made if it is another than the one held."""
        held = self._held.get(key)
        if held is not None and held[0] == state:
            return held[1]
        value = make()
        self._held.pop(key, None)
        self._held[key] = state, value
        for oldest in list(self._held)[: -self._keys_max]:
            self._held.pop(oldest, None)
        return value

    def clear(self) -> None:
        self._held.clear()
