"""Days as filters take them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tollway.portal.console.spans import day_field, end_of, start_of


def test_both_days_of_a_span_are_within() -> None:
    day = date(2026, 2, 28)
    assert start_of(day) == datetime(2026, 2, 28, tzinfo=UTC)
    assert end_of(day) == datetime(2026, 3, 1, tzinfo=UTC)
    assert (start_of(None), end_of(None), end_of(date.max)) == (None, None, None)


def test_a_day_is_written_as_browsers_send_it() -> None:
    field = day_field("Signed up from")
    assert field.clean("2026-02-28") == date(2026, 2, 28)
    assert field.clean("") is None
