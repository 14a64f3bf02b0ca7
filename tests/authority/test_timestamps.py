from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.authority import timestamps

NOW = 1_000_000_000
THEN = int(datetime(2026, 11, 23, 22, 15, 31, tzinfo=UTC).timestamp())
MIDNIGHT = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1795472131", 1795472131),
        (" 1_795_472_131 ", 1795472131),
        ("0x6b046fc3", 0x6B046FC3),
        ("-5", -5),
        ("010", 8),
        ("2026-11-23 22:15:31", THEN),
        ("2026-11-23 22:15:31 +0000", THEN),
        ("2026-11-23 22:15:31 UTC", THEN),
        ("2026-11-23T22:15:31Z", THEN),
        ("2026-11-23T22:15:31.999Z", THEN),
        ("2026-11-23 14:15:31 -08:00", THEN),
        ("2026-11-24T03:45:31+05:30", THEN),
        ("2026-11-24T03:45:31+0530", THEN),
        ("2026-11-23T23:15:31+01", THEN),
        ("2026/11/23 22:15:31", THEN),
        ("20261123T221531Z", THEN),
        ("20261123T231531+0100", THEN),
        ("Mon, 23 Nov 2026 22:15:31 GMT", THEN),
        ("Mon, 23 Nov 2026 23:15:31 +0100", THEN),
        ("Monday, 23-November-2026 22:15:31", THEN),
        ("Mon Nov 23 22:15:31 2026", THEN),
        ("Nov 23, 2026 22:15:31", THEN),
        ("2026-11-23 22:15", THEN - 31),
        ("2026-11-23", MIDNIGHT),
        ("2026-1-2", int(datetime(2026, 1, 2, tzinfo=UTC).timestamp())),
        ("2012-01-01", int(datetime(2012, 1, 1, tzinfo=UTC).timestamp())),
        ("", NOW),
        ("  ", NOW),
        ("22:15:31", NOW),
        ("2026-11", NOW),
        ("2026-13-45 22:15:31", NOW),
        ("2026-11-23 25:00:00", NOW),
        ("2026-11-23 22:15:31 +99:00", NOW),
        ("yesterday", NOW),
        ("9" * 101, NOW),
    ],
)
def test_formats(text: str, at: int) -> None:
    assert timestamps.parse(text, now=NOW) == at


zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.integers(86_400, 32_000_000_000), zones)
def test_what_programs_write_is_understood(at: int, zone: timezone) -> None:
    moment = datetime.fromtimestamp(at, zone)
    for text in (moment.isoformat(), moment.isoformat(" "), format_datetime(moment)):
        assert timestamps.parse(text, now=NOW) == at


@given(st.text() | st.text("0123456789-:T +Z.nov", max_size=40))
def test_any_text_gives_a_time(text: str) -> None:
    assert isinstance(timestamps.parse(text, now=NOW), int)
