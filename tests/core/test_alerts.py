from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.core import alerts
from tollway.core.limits import Limit, Report
from tollway.core.periods import Period, window

AT = 1_700_000_000
counts = st.integers(0, 2**53 - 1)
maxima = st.integers(1, 2**53 - 1)


def report(used: int, maximum: int) -> Report:
    return Report(Limit("1", Period.MONTH, maximum), window(Period.MONTH, AT), used, used)


@given(counts, maxima)
def test_a_level_is_reached_and_the_next_one_is_not(used: int, maximum: int) -> None:
    level = alerts.level_of(used, maximum)
    higher = [each for each in alerts.LEVELS if each > level]
    assert used * 100 >= level * maximum
    assert not higher or used * 100 < higher[0] * maximum


@given(counts, counts, maxima)
def test_more_usage_is_never_a_lower_level(used: int, more: int, maximum: int) -> None:
    assert alerts.level_of(used + more, maximum) >= alerts.level_of(used, maximum)


@given(counts, maxima, st.sets(st.sampled_from(alerts.LEVELS[1:])))
def test_a_level_that_was_jumped_over_counts_as_reached(
    used: int, maximum: int, levels: set[int]
) -> None:
    reached = alerts.highest_reached(used, maximum, levels)
    assert reached in levels | {0}
    assert reached <= alerts.level_of(used, maximum)
    assert not [each for each in levels if reached < each <= alerts.level_of(used, maximum)]


def test_the_tightest_limit_is_the_one_used_most_in_proportion() -> None:
    found = alerts.tightest([report(5, 100), report(8, 10), report(50, 100), report(0, 0)])
    assert found is not None
    assert (found.used, found.limit.maximum) == (8, 10)
    assert alerts.tightest([report(7, 0)]) is None


@pytest.mark.parametrize(
    ("used", "levels", "raised", "level"),
    [
        (81, {50, 80, 100}, {}, 80),
        (95, {50, 80, 100}, {}, 0),  # 90 is reached, and nobody asked for it
        (95, {90}, {}, 90),
        (49, {50}, {}, 0),
        (40, {0, 50}, {}, 0),
        (81, {80, 100}, {80: AT - alerts.REPEAT_S + 1}, 0),
        (81, {80, 100}, {80: AT - alerts.REPEAT_S}, 80),
        (81, {80, 100}, {100: AT - 1}, 0),  # its highest level was raised
        (81, {80, 100}, {100: AT - alerts.REPEAT_S}, 80),
        (500, {300}, {}, 300),
    ],
)
def test_an_alert_is_raised_by_3scales_rule(
    used: int, levels: set[int], raised: dict[int, int], level: int
) -> None:
    assert alerts.level_to_raise(report(used, 100), levels, raised, at=AT) == level


def test_a_limit_per_minute_is_news_once_an_hour() -> None:
    assert alerts.occasion(Period.MINUTE, AT) == window(Period.HOUR, AT).start
    assert alerts.occasion(Period.DAY, AT) == window(Period.DAY, AT).start
