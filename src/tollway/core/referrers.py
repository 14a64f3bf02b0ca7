"""Referrer filters: from where an application's calls may come (Service Management API, 6.3)."""

from __future__ import annotations

from collections.abc import Sequence

ANY = "*"


def allowed(referrer: str, filters: Sequence[str]) -> bool:
    """Tell whether ``referrer`` is ``*`` or fits one of the filters, entirely and case-sensitively.

    In a filter ``*`` stands for any run of characters, also none, but not for a newline.
    """
    return referrer == ANY or any(fits(referrer, pattern) for pattern in filters)


def fits(referrer: str, pattern: str) -> bool:
    """Match piece by piece: no filter, however many stars, costs more than one pass a piece.

    >>> fits("https://www.example.com/a", "*.example.com*")
    True
    """
    first, *rest = pattern.split(ANY)
    if not rest:
        return referrer == pattern
    *middle, last = rest
    if len(referrer) < len(first) + len(last) or not _ends_fit(referrer, first, last):
        return False
    at, end = len(first), len(referrer) - len(last)
    for piece in middle:
        found = _find(referrer, piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return "\n" not in referrer[at:end]


def _ends_fit(referrer: str, first: str, last: str) -> bool:
    return referrer.startswith(first) and referrer.endswith(last)


def _find(referrer: str, piece: str, at: int, end: int) -> int:
    """Return where ``piece`` first stands with no newline before it, or -1."""
    found = referrer.find(piece, at, end)
    return -1 if found >= 0 and "\n" in referrer[at:found] else found
