"""The metric tree of a product: what is counted on a method also counts on every metric above it.

A *method* is a metric with a parent. Trees are built when a product's snapshot arrives and only
read afterwards. Ids are text; names are what requests and answers show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tollway.core.usage import Amount, Usage


class Metric(Struct, frozen=True):
    id: str
    name: str
    parent: str | None = None


class MetricTree:
    """Metrics with their relations. A parent that does not exist, or a cycle, is cut off."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        ordered = sorted(metrics, key=lambda m: id_order(m.id))
        self._names = {m.id: m.name for m in ordered}
        self._ids = {m.name: m.id for m in ordered}
        parents = {m.id: m.parent for m in ordered if m.parent in self._names}
        self._ancestors = {m.id: _above(m.id, parents) for m in ordered}
        self._children: dict[str, list[str]] = {m.id: [] for m in ordered}
        for id_, above in self._ancestors.items():
            if above:
                self._children[above[0]].append(id_)

    @property
    def ids(self) -> Sequence[str]:
        """All metrics, in the order of reports: by number, then by text."""
        return tuple(self._names)

    def id_of(self, name: str) -> str | None:
        return self._ids.get(name)

    def name_of(self, id_: str) -> str:
        return self._names[id_]

    def ancestors(self, id_: str) -> Sequence[str]:
        """Return the ids above this metric, its parent first."""
        return self._ancestors[id_]

    def children(self, id_: str) -> Sequence[str]:
        """Return the ids right below this metric, in the order of reports."""
        return self._children[id_]

    def roll_up(self, usage: Usage) -> dict[str, Amount]:
        """Return what ``usage`` counts: it and, on every metric above, what is handed up.

        Each metric hands its total to its parent, the deepest first, siblings in the order of the
        request. An increment is added to the parent's; on a parent that was to be set, it takes the
        place of the set. A set sets the parent too. (Service Management API, section 10.2.)
        """
        total = dict(usage)
        for depth in range(self._depth(usage), 0, -1):
            for id_ in [m for m in total if len(self._ancestors[m]) == depth]:
                parent = self._ancestors[id_][0]
                total[parent] = _handed_up(total.get(parent), total[id_])
        return total

    def shown(self, usage: Usage) -> dict[str, Amount]:
        """Return what an answer shows ``usage`` to do to each metric named and those above.

        A metric's own amount first, then those of its descendants one after the other. Where sets
        and increments mix this differs from ``roll_up``, as it does in 3scale (section 10.5).
        """
        total = dict(usage)
        for id_, amount in usage.items():
            for above in self._ancestors[id_]:
                total[above] = total[above].then(amount) if above in total else amount
        return total

    def _depth(self, usage: Usage) -> int:
        return max((len(self._ancestors[m]) for m in usage), default=0)


def _handed_up(at_parent: Amount | None, amount: Amount) -> Amount:
    if at_parent is None or amount.is_set:
        return amount
    if at_parent.is_set:
        return amount if amount.value else at_parent
    return at_parent.then(amount)


def _above(id_: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    found: list[str] = []
    above = parents.get(id_)
    while above is not None and above not in found and above != id_:
        found.append(above)
        above = parents.get(above)
    return tuple(found)


def id_order(id_: str) -> tuple[int, int, str]:
    """Sort key of ids as 3scale stores metrics: numbers by value, then other text.

    >>> sorted(["b", "10", "9"], key=id_order)
    ['9', '10', 'b']
    """
    if id_.isascii() and id_.isdecimal() and len(id_) <= 30:
        return 0, int(id_), id_
    return 1, 0, id_
