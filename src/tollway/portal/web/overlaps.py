"""How long a key that is replaced goes on working, as both portals ask it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.http import HttpRequest

from tollway import clock

FIELD = "keep"
USUAL = "24"
# What may be chosen, the usual one first.
OVERLAPS: Mapping[str, tuple[str, timedelta]] = {
    USUAL: ("24 hours", timedelta(hours=24)),
    "1": ("1 hour", timedelta(hours=1)),
    "168": ("7 days", timedelta(days=7)),
    "0": ("No time: end it now", timedelta(0)),
}


def keep_until(request: HttpRequest, offered: Collection[str] = tuple(OVERLAPS)) -> datetime | None:
    """Return until when an old key is to work, None for not at all.

    Anything but one of ``offered`` stands for the usual time.
    """
    sent = request.POST.get(FIELD, "")
    _, overlap = OVERLAPS[sent if sent in offered else USUAL]
    return clock.utc_now() + overlap if overlap else None
