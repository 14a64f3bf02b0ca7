from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.core.series import QUARTER_S, Granularity, quarter_of, starts

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("granularity", "since", "until", "zone", "expected"),
    [
        (
            Granularity.QUARTER, "2026-05-01T00:10Z", "2026-05-01T00:31Z", UTC,
            ["2026-05-01T00:00Z", "2026-05-01T00:15Z", "2026-05-01T00:30Z"],
        ),
        (
            Granularity.HOUR, "2026-05-01T00:00Z", "2026-05-01T02:00Z", KATHMANDU,
            ["2026-04-30T23:15Z", "2026-05-01T00:15Z", "2026-05-01T01:15Z"],
        ),
        (
            Granularity.SIX_HOURS, "2026-05-01T07:00Z", "2026-05-01T18:00Z", UTC,
            ["2026-05-01T06:00Z", "2026-05-01T12:00Z"],
        ),
        # The clocks go back on the 25th: that day has 25 hours.
        (
            Granularity.DAY, "2026-10-24T12:00Z", "2026-10-26T12:00Z", BERLIN,
            ["2026-10-23T22:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"],
        ),
        (
            Granularity.MONTH, "2026-01-31T23:00Z", "2026-03-01T00:00Z",
            timezone(timedelta(hours=1)), ["2026-01-31T23:00Z", "2026-02-28T23:00Z"],
        ),
        (Granularity.DAY, "2026-05-01T00:00Z", "2026-05-01T00:00Z", UTC, []),
    ],
)  # fmt: skip
def test_units_begin_where_the_zones_calendar_says(
    granularity: Granularity, since: str, until: str, zone: tzinfo, expected: list[str]
) -> None:
    assert starts(granularity, epoch(since), epoch(until), zone) == [epoch(e) for e in expected]


@given(
    st.sampled_from(Granularity),
    st.integers(0, 2_000_000_000),
    st.integers(1, 40 * 86_400),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_units_cover_the_range_without_gap_or_overlap(
    granularity: Granularity, since: int, length: int, zone: str
) -> None:
    found = starts(granularity, since, since + length, ZoneInfo(zone))
    assert found[0] <= since
    assert found == sorted(set(found))
    assert found[-1] < since + length
    assert all(later > since for later in found[1:])


@given(st.integers(0, 2**40))
def test_a_quarter_holds_its_instant(at: int) -> None:
    assert 0 <= at - quarter_of(at) < QUARTER_S
    assert quarter_of(at) % QUARTER_S == 0
