"""What of a record lets a call pass: keys and referrers."""

from __future__ import annotations

import pytest

from tollway.core.admission import Fault, key_fault, referrer_fault

KNOWN = [b"right"]


@pytest.mark.parametrize(
    ("mode", "key", "known", "fault"),
    [
        ("1", None, KNOWN, None),
        ("2", None, KNOWN, Fault.MISSING),
        ("2", "", KNOWN, Fault.MISSING),
        ("2", "wrong", KNOWN, Fault.WRONG),
        ("2", "right", KNOWN, None),
        ("2", None, [], None),
        ("2", "any", [], None),
        ("oauth", None, KNOWN, None),
        ("oauth", "any", [], Fault.WRONG),
    ],
)
def test_keys(mode: str, key: str | None, known: list[bytes], fault: Fault | None) -> None:
    assert key_fault(mode, key, known, str.encode) is fault


@pytest.mark.parametrize(
    ("required", "referrer", "filters", "fault"),
    [
        (False, None, ["a.example"], None),
        (True, None, [], None),
        (True, None, ["a.example"], Fault.MISSING),
        (True, "  ", ["a.example"], Fault.MISSING),
        (True, "a.example", ["a.example"], None),
        (True, "b.example", ["a.example"], Fault.WRONG),
    ],
)
def test_referrers(
    required: bool,  # noqa: FBT001
    referrer: str | None,
    filters: list[str],
    fault: Fault | None,
) -> None:
    assert referrer_fault(required, referrer, filters) is fault
