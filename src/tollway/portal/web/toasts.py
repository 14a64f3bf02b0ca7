"""What a page says in passing: a change that was made, and how to undo it.

On the next page, after a redirect (`tell`); or beside a part of this one that htmx brings
(`tell_beside`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from msgspec import Struct

_KEY = "toasts"


class Toast(Struct, frozen=True):
    """``undo`` is the path that a POST of ``fields`` to brings back what was before.

    With ``part``, an id on the page, the answer to that takes the place of this part.
    """

    text: str
    detail: str = ""
    undo: str = ""
    fields: Mapping[str, str] = {}
    part: str = ""


def tell(request: HttpRequest, text: str, detail: str = "", **undo: str) -> None:
    """Say something on the next page; ``undo`` is a path, further arguments are its fields."""
    path = undo.pop("undo", "")
    toast = Toast(text, detail, path, undo)
    request.session[_KEY] = [*request.session.get(_KEY, []), msgspec.to_builtins(toast)]


def take(request: HttpRequest) -> list[Toast]:
    """Return what has not been said yet, and forget it."""
    waiting = request.session.get(_KEY)
    if not waiting:
        return []
    del request.session[_KEY]
    return msgspec.convert(waiting, list[Toast])


def refuse_beside(request: HttpRequest, why: str, *, status: int) -> HttpResponse | None:
    """Answer htmx where a whole page would be no answer; None for a request that is not htmx's.

    The page stays as it is, and a toast says that what was sent changed nothing. What a page asks
    by itself, again and again, is not answered aloud.
    """
    if not request.headers.get("HX-Request"):
        return None
    response = HttpResponse(status=status, headers={"HX-Reswap": "none"})
    if request.method == "POST":
        tell_beside(request, response, Toast("Nothing was changed", why))
    return response


def tell_beside(request: HttpRequest, response: HttpResponse, toast: Toast) -> HttpResponse:
    """Add a toast to the answer that htmx is about to put into a page."""
    text = render_to_string("web/partials/toast_beside.html", {"toast": toast}, request)
    response.write(text)
    return response
