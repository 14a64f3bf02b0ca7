"""What the palette shows of each thing that it finds."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Hit(Struct, frozen=True):
    """Something found. ``match`` is the part of its ``title`` that was asked for: start, end.

    Without ``url`` it has no page yet, and choosing it copies ``copied``.
    """

    title: str
    about: str
    icon: str
    url: str = ""
    copied: str = ""
    match: tuple[int, int] = (0, 0)
    new_tab: bool = False

    @property
    def parts(self) -> tuple[str, str, str]:
        """Return the title before, within and after the match."""
        start, end = self.match
        return self.title[:start], self.title[start:end], self.title[end:]


class Group(Struct, frozen=True):
    title: str
    hits: Sequence[Hit]


def matched(title: str, text: str) -> tuple[int, int]:
    """Return where ``text`` is in ``title``, whatever the case.

    >>> matched("Developer", "VEL")
    (2, 5)
    """
    start = title.lower().find(text.lower())
    return (start, start + len(text)) if text and start >= 0 else (0, 0)
