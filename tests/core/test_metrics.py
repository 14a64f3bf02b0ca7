from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import vectors
from tollway.core.metrics import Metric, MetricTree
from tollway.core.usage import Amount, Usage, parse_amount

VECTORS = vectors("usage")
TREE = MetricTree([Metric(*metric) for metric in VECTORS["tree"]])


def usage(named: dict[str, str]) -> dict[str, Amount]:
    found = {}
    for name, text in named.items():
        id_, amount = TREE.id_of(name), parse_amount(text)
        assert id_ is not None
        assert amount is not None
        found[id_] = amount
    return found


def texts(amounts: Usage) -> dict[str, str]:
    return {TREE.name_of(m): f"{'#' if a.is_set else ''}{a.value}" for m, a in amounts.items()}


@pytest.mark.parametrize("case", VECTORS["roll_up"], ids=lambda c: c["name"])
def test_vectors(case: dict[str, Any]) -> None:
    wanted = usage(case["usage"])
    assert texts(TREE.roll_up(wanted)) == case["counted"]
    assert texts(TREE.shown(wanted)) == case["shown"]


@st.composite
def forests(draw: st.DrawFn) -> MetricTree:
    """Any metrics, each below an earlier one or on top."""
    size = draw(st.integers(1, 8))
    parents = [draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(size)]
    return MetricTree(
        [Metric(str(n), f"m{n}", None if p is None else str(p)) for n, p in enumerate(parents)]
    )


@given(st.data(), forests())
def test_an_increment_counts_once_on_each_metric_above(
    data: st.DataObject, tree: MetricTree
) -> None:
    given_ = data.draw(st.dictionaries(st.sampled_from(tree.ids), st.integers(0, 9), min_size=1))
    total = tree.roll_up({metric: Amount(n) for metric, n in given_.items()})
    for metric in tree.ids:
        below = sum(n for m, n in given_.items() if metric == m or metric in tree.ancestors(m))
        assert total.get(metric, Amount(0)).value == below


@given(st.data(), forests())
def test_increments_are_shown_as_they_are_counted(data: st.DataObject, tree: MetricTree) -> None:
    ids = st.sampled_from(tree.ids)
    given_ = data.draw(st.dictionaries(ids, st.builds(Amount, st.integers(0, 9))))
    assert tree.shown(given_) == tree.roll_up(given_)


def test_a_parent_that_is_missing_and_a_cycle_are_cut_off() -> None:
    tree = MetricTree([Metric("1", "a", "2"), Metric("2", "b", "1"), Metric("3", "c", "gone")])
    assert tree.ancestors("1") == ("2",)
    assert tree.ancestors("2") == ("1",)
    assert tree.ancestors("3") == ()


def test_children_come_by_number() -> None:
    tree = MetricTree([Metric("10", "ten", "1"), Metric("9", "nine", "1"), Metric("1", "hits")])
    assert [tree.name_of(id_) for id_ in tree.children("1")] == ["nine", "ten"]
    assert tree.ids == ("1", "9", "10")
