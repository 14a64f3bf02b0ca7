"""The arithmetic of custom plans: a plan, overlaid by what was changed for one application.

Everything that a plan sets is a mapping: of a metric and period to a limit, of a metric to its
prices, of a feature to whether it is in. A custom plan is a patch on its parent's mappings, and
says nothing of what it leaves as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def overlaid(parent: Mapping[K, V], patch: Mapping[K, V | None]) -> dict[K, V]:
    """Return the parent's entries as the patch leaves them; None takes an entry away.

    >>> overlaid({"a": 1, "b": 2}, {"b": None, "c": 3})
    {'a': 1, 'c': 3}
    """
    return {key: value for key, value in {**parent, **patch}.items() if value is not None}
