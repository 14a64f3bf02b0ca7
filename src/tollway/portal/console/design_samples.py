"""The sample data of the page with every component. Nothing here is any tenant's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from tollway import clock
from tollway.portal.web.editing import Clash, Difference
from tollway.portal.web.matrix import NONE, Cell, Row, Switch

FREE = "free"
PERIODS = ("minute", "hour", "day", "week", "month", "year")


class Application(Struct, frozen=True):
    name: str
    account: str
    calls: int
    change: str
    is_better: bool
    state: str
    days: tuple[int, ...]
    seen_at: datetime


def applications() -> list[Application]:
    now = clock.utc_now()
    rows = [
        ("Harbour Feed", "Harbour Data", 98406, "+13.2 %", True, "live", timedelta(seconds=20)),
        ("Night Bus", "City Lines", 41230, "+2.0 %", True, "live", timedelta(minutes=7)),
        ("Developer’s App", "Developer", 1412, "−5.9 %", False, "pending", timedelta(hours=5)),  # noqa: RUF001
        ("Slow Travel", "Slow Travel", 0, "", True, "suspended", timedelta(days=40)),
    ]
    days = (3, 5, 4, 8, 7, 9, 12)
    return [
        Application(name, account, calls, change, better, state, days, now - passed)
        for name, account, calls, change, better, state, passed in rows
    ]


def clash() -> Clash:
    at = datetime.fromtimestamp(clock.now() - 125, UTC)
    differences = (
        Difference("Private base URL", "https://echo-api.acme.example", "https://api.acme.example"),
        Difference("Approval needed", "off", "on"),
    )
    return Clash("Ana Keller", at, at.isoformat(), differences)


def _row(title: str, note: str, limits: dict[str, str], **more: Any) -> Row:  # noqa: ANN401
    name = title.lower()
    changed, price = more.pop("changed", ""), more.pop("price", "")
    return Row(
        name=name,
        title=title,
        note=note,
        cells=tuple(
            Cell(
                name=f"{name}-{period}",
                url=f"/design/matrix/{name}/{period}",
                label=f"{title} per {period}",
                value=limits.get(period, ""),
                shown=f"{int(limits[period]):,}" if period in limits else NONE,
                column=f"Per {period}",
                is_changed=period == changed,
            )
            for period in PERIODS
        ),
        prices=(
            Cell(
                name=f"{name}-price",
                url=f"/design/matrix/{name}/price",
                label=f"Price of {title}",
                value=price,
                shown=price or FREE,
                column="EUR each",
                is_plain=True,
            ),
        ),
        switches=tuple(
            Switch(
                name=f"{name}-{column.lower()}",
                url=f"/design/switch/{name}/{column}",
                label=f"{title} {word}",
                is_on=not (column == "Enabled" and "off" in more),
                column=column,
            )
            for column, word in (("Enabled", "enabled"), ("Visible", "visible to developers"))
        ),
        **more,
    )


ROWS = (
    _row(
        "Hits",
        "At rest, set, changed",
        {"hour": "3", "month": "2000"},
        changed="month",
        price="0.0010",
    ),
    _row("test", "Method of Hits", {"hour": "5"}, is_child=True),
    _row("search", "Method of Hits", {"day": "20"}, is_child=True),
    _row("v2", "Off", {}, off="Off in this plan: every call is refused with 403"),
)

_WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
CHARTS: dict[str, dict[str, Any]] = {
    "compared": {
        "kind": "line",
        "unfinished": True,
        "x": _WEEK,
        "series": [
            {"name": "This week", "data": [1320, 1480, 1510, 1620, 1590, 880, 410], "fill": True},
            {
                "name": "Week before", "color": "--tw-c6", "dash": True,
                "data": [1180, 1290, 1360, 1340, 1420, 790, 720],
            },
        ],
    },
    "gap": {
        "kind": "line",
        "x": _WEEK,
        "series": [{"name": "Calls", "data": [120, 140, None, None, 160, 150, 170]}],
    },
    "bars": {
        "kind": "bar",
        "x": [f"{hour:02}:00" for hour in range(24)],
        "every": 6,
        "series": [{"name": "Calls", "data": [n * n % 37 * 40 for n in range(24)]}],
    },
    "stacked": {
        "kind": "line",
        "stack": True,
        "x": _WEEK,
        "series": [
            {"name": "2xx", "color": "--tw-c5", "data": [900, 980, 1010, 1100, 1090, 620, 540]},
            {"name": "4xx", "color": "--tw-c2", "data": [40, 60, 52, 80, 75, 20, 18]},
            {"name": "5xx", "color": "--tw-c4", "data": [4, 2, 60, 5, 3, 1, 0]},
        ],
    },
}  # fmt: skip
