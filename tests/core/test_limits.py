from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from conftest import vectors
from core.test_metrics import TREE, usage
from tollway.core import limits
from tollway.core.limits import Headroom, Kind, Limit
from tollway.core.periods import Period
from tollway.core.usage import Amount

VECTORS = vectors("usage")
AT = VECTORS["at"]
PLAN = limits.in_report_order(
    [Limit(metric, Period(period), maximum) for metric, period, maximum in VECTORS["limits"]],
    TREE.ids,
)


class Stored(Struct, frozen=True):
    used: tuple[int, ...]
    held: int


def stored(given: Mapping[str, Mapping[str, int]]) -> dict[str, Stored]:
    return {
        metric: Stored(
            tuple(given.get(metric, {}).get(period, 0) for period in Period),
            given.get(metric, {}).get("held", 0),
        )
        for metric in TREE.ids
    }


@pytest.mark.parametrize("case", VECTORS["allow"], ids=lambda c: c["name"])
def test_what_is_allowed(case: dict[str, Any]) -> None:
    wanted = None if case["usage"] is None else TREE.roll_up(usage(case["usage"]))
    if wanted is not None and not limits.sets_fit(wanted, PLAN):
        assert not case["allowed"]
    assert limits.allow(wanted, PLAN, stored(case["stored"])) == case["allowed"]


@pytest.mark.parametrize("case", VECTORS["headroom"], ids=lambda c: c["name"])
def test_how_many_more_fit(case: dict[str, Any]) -> None:
    shown = None if case["usage"] is None else TREE.shown(usage(case["usage"]))
    counted = shown if case["counted"] else None
    reports = limits.reports(PLAN, stored(case["stored"]), at=AT, counted=counted)
    seen = limits.headroom(reports, shown, at=AT, of=shown)
    assert seen == Headroom(*case["headroom"])


def test_reports_go_by_metric_then_from_the_longest_period() -> None:
    plan = [Limit(m, p, 1) for p in Period for m in ("2", "gone", "1")]
    longest_first = list(reversed(Period))
    assert [(x.metric, x.period) for x in limits.in_report_order(plan, ["1", "2"])] == [
        (metric, period) for metric in ("1", "2") for period in longest_first
    ]


amounts = st.builds(Amount, st.integers(0, 20), st.booleans())
plans = st.lists(
    st.builds(Limit, st.sampled_from(TREE.ids), st.sampled_from(Period), st.integers(0, 20))
)
usages = st.dictionaries(st.sampled_from(TREE.ids), amounts)
counters = st.fixed_dictionaries(
    {
        metric: st.builds(Stored, st.tuples(*[st.integers(0, 20)] * len(Period)), st.integers(0, 3))
        for metric in TREE.ids
    }
)


@given(usages, plans, counters)
def test_entries_carry_the_check_that_an_authorisation_makes(
    wanted: dict[str, Amount], plan: list[Limit], before: dict[str, Stored]
) -> None:
    """Authrep leaves the check to the store, authorize makes it itself: they agree."""
    places = list(Period)
    by_entries = limits.sets_fit(wanted, plan) and all(
        before[e.metric].used[places.index(period)] + before[e.metric].held + e.amount <= cap
        for e in limits.counting(wanted, plan)
        for period, cap in e.caps
    )
    assert by_entries == limits.allow(wanted, plan, before)


@given(usages, plans)
def test_a_decision_names_each_metric_once(wanted: dict[str, Amount], plan: list[Limit]) -> None:
    for entries in (limits.counting(wanted, plan), limits.unchecked(wanted)):
        assert len({entry.metric for entry in entries}) == len(entries)
    assert all(e.kind is Kind.SET or e.amount for e in limits.unchecked(wanted))


@given(usages, plans, counters)
def test_what_headroom_promises_fits(
    wanted: dict[str, Amount], plan: list[Limit], before: dict[str, Stored]
) -> None:
    """So many more increments pass every limit that was looked at, and one more does not."""
    adds = {m: Amount(a.value) for m, a in wanted.items()}
    reports = limits.reports(plan, before, at=AT)
    room = limits.headroom(reports, adds, at=AT, of=adds)

    def fits(calls: int) -> bool:
        return all(
            r.current + calls * adds[r.limit.metric].value <= r.limit.maximum
            for r in reports
            if r.limit.metric in adds and adds[r.limit.metric].value
        )

    if room.calls > 0:
        assert fits(room.calls)
        assert not fits(room.calls + 1)
    if room.calls < 0:
        assert fits(1_000_000)
