"""What templates say over and over: icons, numbers, times, lists, confirmations, code, charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms, template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from msgspec import Struct

from tollway import clock
from tollway.core import money as amounts
from tollway.core.periods import per
from tollway.portal.web import editing, packages
from tollway.portal.web import once as sending
from tollway.portal.web.listing import SORT, TEXT, Listing

register = template.Library()
register.filter("per", per)
register.simple_tag(static, name="static")

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SPARK_W, _SPARK_H = 100, 28


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw one of Tabler's icons, hidden from screen readers: a word or a label speaks for it."""
    fill, stroke = "none", "currentColor"
    if name.endswith("-filled"):
        fill, stroke = stroke, fill
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="{}" stroke="{}" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        css, fill, stroke, mark_safe(packages.icon(name)),  # noqa: S308  (a file of a locked package)
    )  # fmt: skip


@register.filter
def number(value: float | None) -> str:
    """Separate thousands: 19497 is 19,497. Nothing for None."""
    return "" if value is None else f"{value:,}"


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """Show an amount with its currency's code: EUR 49.00."""
    return amounts.money(currency, amount)


@register.filter
def as_datetime(seconds: int) -> datetime:
    """Read seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """Say how long ago: relative up to a day, then the date, and the exact time on hover."""
    if at is None:
        return ""
    passed = clock.now() - int(at.timestamp())
    if passed < _MINUTE:
        return _time(at, "now")
    if passed < _HOUR:
        return _time(at, f"{passed // _MINUTE} min")
    if passed < _DAY:
        return _time(at, f"{passed // _HOUR} h")
    return _time(at, _date(at))


@register.filter
def ago_in_words(at: datetime) -> SafeString:
    """Say the same within a sentence: "2 minutes ago", "on 4 Mar 2026"."""
    passed = clock.now() - int(at.timestamp())
    if passed < _MINUTE:
        return _time(at, "just now")
    if passed >= _DAY:
        return _time(at, f"on {_date(at)}")
    size, unit = (_MINUTE, "minute") if passed < _HOUR else (_HOUR, "hour")
    count = passed // size
    return _time(at, f"{count} {unit}{'s' * (count > 1)} ago")


def _date(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y}"


def _time(at: datetime, text: str) -> SafeString:
    at = at.astimezone(UTC)
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, text)


@register.inclusion_tag("web/partials/sort_heading.html")
def sort_heading(listing: Listing, name: str, title: str, css: str = "") -> dict[str, Any]:
    """Head a column by which ``listing`` can be sorted; ``name`` is one of its sorts."""
    sorted_up, sorted_down = listing.sort == name, listing.sort == f"-{name}"
    begins_down = listing.default == f"-{name}"
    other = f"-{name}" if sorted_up or (begins_down and not sorted_down) else name
    return {
        "title": title, "css": css, "up": sorted_up, "down": sorted_down,
        "url": listing.address(sort=other),
    }  # fmt: skip


@register.inclusion_tag("web/partials/search_box.html")
def search_box(listing: Listing, label: str, filters: forms.Form | None = None) -> dict[str, Any]:
    """Let a list be searched, and narrowed by the fields of ``filters``, a form of the view's.

    What else the address says is kept. Nothing is sent before Enter or the button.
    """
    shown = filters.fields if filters else {}
    sort = [(SORT, listing.sort)] if listing.sort != listing.default else []
    return {
        "listing": listing, "label": label, "name": TEXT, "filters": filters,
        "kept": [*((name, value) for name, value in listing.filters if name not in shown), *sort],
    }  # fmt: skip


@register.inclusion_tag("web/partials/pager.html")
def pager(listing: Listing, what: str, one: str = "") -> dict[str, Any]:
    """Say which rows of how many a page shows, and lead to the pages beside it.

    ``what`` names the rows, "products", and ``one`` a single one if that is not the same without
    its s. Nothing is shown for a list without rows.
    """
    page = listing.page
    if listing.total == 1:
        what = one or what.removesuffix("s")
    return {
        "listing": listing, "page": page, "what": what,
        "before": listing.address(page=page.number - 1) if page.has_previous() else "",
        "after": listing.address(page=page.number + 1) if page.has_next() else "",
    }  # fmt: skip


@register.inclusion_tag("web/partials/confirm.html")
def confirm(  # noqa: PLR0913  (the words of a dialog are its arguments)
    name: str,
    *,
    title: str,
    text: str,
    action: str,
    button: str,
    keep: str = "Cancel",
    typed: str = "",
    tone: str = "danger",
    **fields: Any,  # noqa: ANN401  (whatever the form sends on)
) -> dict[str, Any]:
    """Ask before a POST to ``action``, in a dialog that a button opens by the id ``name``.

    With ``typed`` the visitor has to type that text first; the view checks it with
    `forms.typed`. ``tone`` is "primary" for what is no destruction. ``fields`` are sent along.
    """
    return {
        "name": name, "title": title, "text": text, "action": action, "button": button,
        "keep": keep, "typed": typed, "pattern": re.sub(r"([\\^$.*+?()[\]{}|/])", r"\\\1", typed),
        "tone": tone, "fields": fields,
    }  # fmt: skip


@register.simple_tag
def once() -> SafeString:
    """Give a form a number of its own, for a view that is wrapped in `once`."""
    return _hidden(sending.FIELD, sending.nonce())


@register.simple_tag(takes_context=True)
def seen(context: Context, row: editing.Row) -> SafeString:
    """Say in a form which version of ``row`` its reader has seen.

    A form that comes back with an error still says what was seen at first; one that comes back
    with a `clash` says what that shows.
    """
    clash: editing.Clash | None = context.get("clash")
    request = getattr(context, "request", None)
    sent = request.POST.get(editing.FIELD, "") if request else ""
    return _hidden(editing.FIELD, clash.seen if clash else sent or editing.seen(row))


def _hidden(name: str, value: str) -> SafeString:
    return format_html('<input type="hidden" name="{}" value="{}">', name, value)


class Tab(Struct, frozen=True):
    """One of several views of a thing. ``waits`` marks a count that somebody should look at."""

    title: str
    url: str
    is_current: bool = False
    count: int | None = None
    waits: bool = False


@register.inclusion_tag("web/partials/tabs.html")
def tabs(label: str, items: Sequence[Tab], css: str = "") -> dict[str, Any]:
    """Lead to the parts of one subject; ``label`` names them to screen readers."""
    return {"label": label, "items": items, "css": css}


@register.inclusion_tag("web/partials/segments.html")
def segments(label: str, items: Sequence[Tab]) -> dict[str, Any]:
    """Choose the range or the view of the same data."""
    return {"label": label, "items": items}


@register.inclusion_tag("web/partials/tip.html")
def tip(name: str, about: str, text: str) -> dict[str, Any]:
    """Explain a word beside it, under the pointer or the focus. ``name`` is the id on the page."""
    return {"name": name, "about": about, "text": text}


@register.inclusion_tag("web/partials/code.html")
def code_block(name: str, label: str, text: str, *, wrap: bool = False) -> dict[str, Any]:
    """Show what will be pasted, with a button that copies it. ``name`` is the id on the page."""
    return {"name": name, "label": label, "text": text, "wrap": wrap}


@register.inclusion_tag("web/partials/secret.html")
def secret(name: str, value: str, what: str = "key") -> dict[str, Any]:
    """Show a credential masked, to be revealed or copied. ``what`` names it to screen readers."""
    return {"name": name, "value": value, "what": what, "masked": f"{value[:4]}{'•' * 12}"}


@register.inclusion_tag("web/partials/chart.html")
def chart(
    name: str, data: Mapping[str, Any], label: str, *, live: str = "", css: str = ""
) -> dict[str, Any]:
    """Draw a chart: ``data`` as charts.js reads it, ``label`` what it shows, in words.

    ``live`` is an address that gives newer ``data``; it is asked every second while in view.
    """
    return {"name": name, "data": data, "label": label, "live": live, "css": css}


@register.simple_tag
def spark(values: Sequence[int], label: str, css: str = "") -> SafeString:
    """Draw a line without axes, zero at the bottom. ``label`` says in words what it shows."""
    top = max([*values, 1])
    step = _SPARK_W / max(len(values) - 1, 1)
    points = " ".join(
        f"{n * step:.1f},{_SPARK_H - 1 - value / top * (_SPARK_H - 2):.1f}"
        for n, value in enumerate(values)
    )
    return format_html(
        '<svg class="tw-spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><path class="area" d="M0,{} {} {},{}z"/><path d="M{}"/></svg>',
        css, _SPARK_W, _SPARK_H, label, _SPARK_H, points, _SPARK_W, _SPARK_H, points,
    )  # fmt: skip


@register.inclusion_tag("web/partials/usage.html")
def usage(name: str, period: str, used: int, limit: int, of: str = "") -> dict[str, Any]:
    """Show how much of a limit is used: amber from 80 %, red from 100 %.

    ``name`` is what is limited or, with what that is in ``of``, whose it is.
    """
    percent = 100 if limit == 0 else min(used * 100 // limit, 999)
    level = "full" if percent >= 100 else "near" if percent >= 80 else ""
    return {
        "name": name, "of": of, "period": period, "used": used, "limit": limit,
        "percent": percent, "width": min(percent, 100), "level": level,
    }  # fmt: skip
