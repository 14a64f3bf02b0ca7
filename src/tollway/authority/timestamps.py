"""When a reported call was made: the lenient date formats of 3scale's reports.

Integer text is UNIX seconds. Else year, month and day are needed, in one of the orders people write
them in; a time without an offset is UTC, fractions are cut. The clock is not read here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

PAST_S_MAX = 86_400
FUTURE_S_MAX = 3_600
_CHARS_MAX = 100

_SECONDS = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9]\d*|0)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*"
_DATES = [
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?!\d)",
        rf"(?<!\d)(?P<d>\d{{1,2}})[ -]+{_MONTH}[ -]+(?P<y>\d{{4}})(?!\d)",
        rf"\b{_MONTH}\s+(?P<d>\d{{1,2}})\b(?:,|.*\s)\s*(?P<y>\d{{4}})\b(?![:\d])",
    )
]
_TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,]\d+)?", re.ASCII)
_COMPACT_TIME = re.compile(r"(?<=[tT])(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?", re.ASCII)
_OFFSET = re.compile(r"\s*(?:GMT|UTC|Z)?([+-])(\d\d)(?::?(\d\d))?(?!\d)", re.ASCII | re.IGNORECASE)


def parse(text: str, *, now: int) -> int:
    """Return whole seconds since the epoch; ``now`` if ``text`` is blank or not understood."""
    text = text.strip()
    if len(text) > _CHARS_MAX:
        return now
    if _SECONDS.fullmatch(digits := text.replace("_", "")):
        return _integer(digits)
    found = next(filter(None, (pattern.search(text) for pattern in _DATES)), None)
    if found is None:
        return now
    try:
        return int(_moment(text, found).timestamp())
    except (ValueError, OverflowError):
        return now


def _integer(digits: str) -> int:
    sign = -1 if digits[0] == "-" else 1
    digits = digits.lstrip("+-").lower()
    if digits[:2] in {"0x", "0b", "0o"}:
        return sign * int(digits, 0)
    return sign * int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)


def _moment(text: str, found: re.Match[str]) -> datetime:
    date = found.groupdict()
    month = date.get("m") or str(_MONTHS.index(date["name"].lower()) + 1)
    clock = _TIME.search(text) or _COMPACT_TIME.search(text, found.end())
    hour, minute, second = clock.groups(default="0") if clock else ("0", "0", "0")
    offset = _OFFSET.match(text, clock.end()) if clock else None
    zone = UTC if offset is None else _zone(*offset.groups(default="00"))
    return datetime(
        int(date["y"]), int(month), int(date["d"]), int(hour), int(minute), int(second), tzinfo=zone
    )


def _zone(sign: str, hours: str, minutes: str) -> timezone:
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if sign == "-" else ahead)
