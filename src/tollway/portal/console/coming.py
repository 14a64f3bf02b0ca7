"""Addresses of 3scale's quick start whose pages are still to come.

Each answers with what will be there, and how to do it today: by the Account Management API. A page
that arrives takes its line out of ``COMING``.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import require_safe
from msgspec import Struct

from tollway.portal.console.pages import EVERYBODY, page
from tollway.portal.console.shell import Section, show


class Today(Struct, frozen=True):
    """One thing to do by the API. ``fields`` go as a form's, after the access token."""

    title: str
    path: str
    method: str = "GET"
    fields: tuple[str, ...] = ()


class Coming(Struct, frozen=True):
    routes: tuple[str, ...]
    name: str
    section: str
    title: str
    text: str
    today: tuple[Today, ...]


COMING = (
    Coming(
        ("p/admin/api_docs",),
        "api-docs",
        EVERYBODY,
        "Tollway's own APIs",
        "Here you will try each operation of the Account Management API and of the Service"
        " Management API in the browser.",
        (Today("Get the description of the Account Management API", "openapi.json"),),
    ),
)


class Line(Struct, frozen=True):
    title: str
    curl: str


def _view(coming: Coming) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        origin = f"{request.scheme}://{request.get_host()}"
        lines = [Line(each.title, curl(origin, each)) for each in coming.today]
        context = {"coming": coming, "lines": lines}
        return show(request, "console/coming.html", Section(""), context)

    return view


def curl(origin: str, today: Today) -> str:
    """Return the line that does it; ``ACCESS_TOKEN`` is for the reader to fill in."""
    method = [] if today.method == "GET" else [f"-X {today.method}"]
    sent = [f'-d "{field}"' for field in today.fields]
    url = f"{origin}/admin/api/{today.path}"
    return " ".join(["curl", *method, "-u :ACCESS_TOKEN", *sent, f'"{url}"'])


def _named(coming: Coming, number: int) -> str:
    return coming.name if number == 0 else f"{coming.name}-{number + 1}"


routes: list[URLPattern] = [
    page(route, _view(coming), name=_named(coming, number), section=coming.section)
    for coming in COMING
    for number, route in enumerate(coming.routes)
]
