from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tollway.core.periods import Window
from tollway.core.series import QUARTER_S, quarter_of
from tollway.core.usage import AMOUNT_MAX
from tollway.portal.analytics.services.identities import Who
from tollway.portal.analytics.services.tally import Tally
from tollway.store.spending import UsageEvent

AT = 1_700_000_000
QUARTER = quarter_of(AT)
APP = Who(1, 2, 3, 4)


def nothing(who: Who, metric: int, month: Window) -> int:
    return 0


def added(*amounts: tuple[str, int], at: int = AT, code: int = 0) -> UsageEvent:
    return UsageEvent("2", "app", at, code, amounts)


def replaced(*amounts: tuple[str, int], at: int = AT) -> UsageEvent:
    return UsageEvent("2", "app", at, 0, (), amounts)


def test_events_of_a_quarter_add_up() -> None:
    tally = Tally(nothing)
    for event in (added(("10", 1), ("11", 5)), added(("10", 2)), added(("10", 4), at=AT + 900)):
        tally.count(APP, event)
    assert sorted(tally.usage()) == [
        (APP, 10, QUARTER, 3), (APP, 10, QUARTER + QUARTER_S, 4), (APP, 11, QUARTER, 5),
    ]  # fmt: skip


def test_each_event_with_a_code_is_one_response() -> None:
    tally = Tally(nothing)
    for code in (200, 200, 201, 0):
        tally.count(APP, added(("10", 7), code=code))
    assert sorted(tally.responses()) == [(APP, 200, QUARTER, 2), (APP, 201, QUARTER, 1)]


def test_a_set_makes_the_month_come_to_its_value() -> None:
    asked = []

    def recorded(who: Who, metric: int, month: Window) -> int:
        asked.append((who, metric, AT in month))
        return 100

    tally = Tally(recorded)
    for event in (added(("10", 20)), replaced(("10", 5)), added(("10", 3)), replaced(("10", 50))):
        tally.count(APP, event)
    assert list(tally.usage()) == [(APP, 10, QUARTER, 50 - 100)]
    assert asked == [(APP, 10, True)]


def test_what_a_set_takes_away_is_taken_from_its_own_month() -> None:
    month_later = AT + 31 * 86_400
    tally = Tally(nothing)
    for event in (added(("10", 20)), replaced(("10", 5), at=month_later)):
        tally.count(APP, event)
    assert sorted(tally.usage()) == [(APP, 10, QUARTER, 20), (APP, 10, quarter_of(month_later), 5)]


def test_metrics_that_cannot_be_the_portals_are_left_out() -> None:
    tally = Tally(nothing)
    tally.count(APP, added(("hits", 1), ("²", 1), ("9" * 30, 1)))
    tally.count(APP, replaced(("", 1)))
    assert list(tally.usage()) == []


def test_a_difference_stays_within_what_a_column_holds() -> None:
    tally = Tally(lambda who, metric, month: 9 * AMOUNT_MAX)
    for event in (*[added(("10", AMOUNT_MAX))] * 3, replaced(("11", 0))):
        tally.count(APP, event)
    assert sorted(tally.usage()) == [
        (APP, 10, QUARTER, AMOUNT_MAX), (APP, 11, QUARTER, -AMOUNT_MAX),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 100)), max_size=20))
def test_nothing_is_lost_between_quarters(events: list[tuple[int, int]]) -> None:
    tally = Tally(nothing)
    for after, amount in events:
        tally.count(APP, added(("10", amount), at=AT + after))
    assert sum(row[3] for row in tally.usage()) == sum(amount for _, amount in events)
