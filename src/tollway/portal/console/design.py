"""Every component in every state, with sample data: the page against which pages are held.

For whoever works on Tollway, so it exists only where the portal and its browsers are one machine;
there anybody who is signed in may see it: it shows nothing of a tenant's. What is changed on it is
answered as the real thing would, and kept nowhere.
"""

from __future__ import annotations

import re
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct, structs

from tollway.portal.console.design_samples import (
    CHARTS,
    FREE,
    ROWS,
    Application,
    applications,
    clash,
)
from tollway.portal.console.mailbox import on_one_machine
from tollway.portal.console.pages import EVERYBODY, View, page
from tollway.portal.console.shell import Section, show
from tollway.portal.web import matrix
from tollway.portal.web.forms import PageForm
from tollway.portal.web.listing import Listing
from tollway.portal.web.templatetags.tollway import Tab
from tollway.portal.web.toasts import Toast, tell, tell_beside

CLASHING = "13"  # typed into a cell, it meets somebody else's change


class Gallery(PageForm):
    """One field of each kind."""

    private_base_url = forms.RegexField(
        r"https?://.+",
        label="Private base URL",
        help_text="Where the gateway sends calls. Must be reachable from the gateway.",
        widget=forms.TextInput({"class": "mono", "inputmode": "url"}),
        error_messages={"invalid": "Must start with http:// or https://"},
    )
    description = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))
    authentication = forms.ChoiceField(
        choices=[("1", "API key"), ("2", "App ID and key"), ("oidc", "OpenID Connect")]
    )
    place = forms.ChoiceField(
        label="Credentials go",
        choices=[("query", "in the query"), ("headers", "in a header")],
        widget=forms.RadioSelect,
    )
    approval = forms.BooleanField(label="Approval needed", required=False)


def _here_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponseBase:  # noqa: ANN401  (of the route)
        if not on_one_machine(settings.TOLLWAY):
            raise Http404
        return view(request, **parts)

    return guarded


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _page(request, Gallery(initial={"private_base_url": "https://echo-api.acme.example"}))


@require_POST
def form(request: HttpRequest) -> HttpResponse:
    """Take the form as a service would that has something against one host."""
    filled = Gallery(request.POST)
    if filled.is_valid():
        tell(request, "Nothing was saved", "This page keeps nothing.", undo=reverse("design-undo"))
        return redirect("design")
    return _page(request, filled, status=422)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    tell(request, "That is undone")
    return redirect("design")


@require_POST
def cell(request: HttpRequest, row: str, column: str) -> HttpResponse:
    """Answer a change of one cell: the row, as it would be, and a toast."""
    found, path = _sample(row), request.path
    before = next((one for one in (*found.cells, *found.prices) if one.url == path), None)
    if before is None:
        raise Http404
    change = matrix.changed(request)
    saved = _valued(before, change.seen)
    if not _fits(before, change.typed):
        error = "A price, or nothing" if column == "price" else "A whole number, or nothing"
        wrong = structs.replace(saved, error=error, typed=change.typed)
        return _row(request, _with(found, wrong), status=422)
    if change.typed == CLASHING and not change.anyway:
        theirs = _valued(before, "5")
        clash = matrix.Clash(theirs, "Ana Keller", change.typed)
        return _row(request, structs.replace(_with(found, theirs), clash=clash), status=409)
    now = _valued(before, change.typed)
    response = _row(request, _with(found, now))
    if change.typed == change.seen:
        return response
    toast = Toast(
        f"{before.label} is now {now.shown}",
        f"In force. It was {saved.shown}.",
        undo=before.url,
        fields={matrix.VALUE: change.seen, matrix.SEEN: change.typed},
        part=f"row-{found.name}",
    )
    return tell_beside(request, response, toast)


@require_POST
def switch(request: HttpRequest, row: str, column: str) -> HttpResponse:
    found, on = _sample(row), matrix.is_on(request)
    switches = tuple(
        structs.replace(one, is_on=on) if one.column == column else one for one in found.switches
    )
    off = "" if on or column != "Enabled" else "Off in this plan: every call is refused with 403"
    response = _row(request, structs.replace(found, switches=switches, off=off))
    return tell_beside(
        request, response, Toast(f"{column} is now {'on' if on else 'off'} for {found.title}")
    )


@require_safe
def drawer(request: HttpRequest) -> HttpResponse:
    return render(request, "console/design/drawer.html")


@require_POST
def failing(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse("away", status=503)


def _sample(name: str) -> matrix.Row:
    for row in ROWS:
        if row.name == name:
            return row
    raise Http404


def _with(row: matrix.Row, cell: matrix.Cell) -> matrix.Row:
    """Put a cell into the place of the one of its name."""
    cells, prices = (
        tuple(cell if one.name == cell.name else one for one in ones)
        for ones in (row.cells, row.prices)
    )
    return structs.replace(row, cells=cells, prices=prices)


def _valued(cell: matrix.Cell, value: str) -> matrix.Cell:
    if not value or not _fits(cell, value):
        return structs.replace(cell, value="", shown=FREE if cell.is_plain else matrix.NONE)
    return structs.replace(cell, value=value, shown=value if cell.is_plain else f"{int(value):,}")


def _fits(cell: matrix.Cell, value: str) -> bool:
    """Say whether a cell takes a value: a limit is a whole number, a price may have a fraction."""
    form = r"(\d{1,9}(\.\d{1,4})?)?" if cell.is_plain else r"(\d{1,15})?"
    return re.fullmatch(form, value, re.ASCII) is not None


def _row(request: HttpRequest, row: matrix.Row, *, status: int = 200) -> HttpResponse:
    return render(request, "web/partials/matrix_row.html", {"row": row}, status=status)


class Lists(Struct, frozen=True):
    """One list in each of its states."""

    full: Listing
    narrowed: Listing
    empty: Listing


def _lists(request: HttpRequest) -> Lists:
    rows = applications()
    listing = Listing(
        page=Paginator(rows, len(rows) - 1).get_page(request.GET.get("page")),
        total=len(rows),
        sort="-calls",
        default="-calls",
        text="",
        filters=(),
    )
    nothing: list[Application] = []
    none = structs.replace(listing, page=Paginator(nothing, 50).get_page(1), total=0)
    return Lists(listing, structs.replace(none, text="nihgt"), none)


TABS = (
    Tab("All", "#lists", is_current=True, count=128),
    Tab("Pending", "#lists", count=6, waits=True),
    Tab("Suspended", "#lists", count=3),
)
RANGES = (Tab("24 h", "#charts"), Tab("30 days", "#charts", is_current=True))


def _page(request: HttpRequest, filled: Gallery, *, status: int = 200) -> HttpResponse:
    context = {
        "form": filled,
        "clash": clash(),
        "lists": _lists(request),
        "rows": ROWS,
        "columns": [one.column for one in ROWS[0].cells],
        "charts": CHARTS,
        "tabs": TABS,
        "ranges": RANGES,
    }
    return show(request, "console/design/index.html", Section("design"), context, status=status)


def _route(path: str, view: View, name: str) -> URLPattern:
    return page(f"design{path}", _here_only(view), name=name, section=EVERYBODY)


routes = [
    _route("", index, "design"),
    _route("/form", form, "design-form"),
    _route("/undo", undo, "design-undo"),
    _route("/matrix/<slug:row>/<slug:column>", cell, "design-cell"),
    _route("/switch/<slug:row>/<slug:column>", switch, "design-switch"),
    _route("/drawer", drawer, "design-drawer"),
    _route("/failing", failing, "design-failing"),
]
