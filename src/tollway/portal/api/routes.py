"""The URLs of the API, made from the rows of ``operations``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page

from tollway.portal.api import openapi
from tollway.portal.api.answers import Format
from tollway.portal.api.endpoint import Endpoint, not_found
from tollway.portal.api.operation import Operation, by_path
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.web.site import Side, site_of

_VARIABLE = re.compile(r"\{(\w+)\}")

# What a path's variable may hold. Numbers are short enough for any database's integer. A key may
# hold every printable character, a slash too, so it ends where the path does.
_HOLDS = {"environment": r"[A-Za-z_]+", "key": r".+?", "token": r"[A-Za-z0-9]{1,255}"}
_NUMBER = r"[0-9]{1,18}"
_SUFFIX = r"(?P<suffix>\.[A-Za-z0-9]+)?"
_ELSEWHERE = r"^(?:admin/api|master/api|api|stats)/[\s\S]*?(?P<suffix>\.[A-Za-z0-9]+)?\Z"
_SUFFIX_OF_KEY = r"(?P<suffix>\.(?:json|xml))?"


def patterns(operations: Iterable[Operation]) -> Iterator[URLPattern]:
    """Yield one URL per path."""
    for path, methods in by_path(operations).items():
        yield re_path(_regex(path), Endpoint(methods), name=path)


def _regex(path: str) -> str:
    """Return the pattern of a path template.

    >>> re.fullmatch(_regex("/a/{id}"), "a/7.json").groupdict()
    {'id': '7', 'suffix': '.json'}
    """
    suffix = _SUFFIX_OF_KEY if path.endswith("{key}") else _SUFFIX
    named = _VARIABLE.sub(lambda m: f"(?P<{m[1]}>{_HOLDS.get(m[1], _NUMBER)})", path.lstrip("/"))
    return rf"^{named}{suffix}$"


@cache_control(max_age=300)
@conditional_page
def description(request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI document, to everybody: it tells nothing of any tenant."""
    site = site_of(request)
    if request.method not in {"GET", "HEAD"} or not site.administers:
        return not_found(request, ".json")
    text = _described(master=site.side is Side.MASTER)
    return HttpResponse(text, content_type=Format.JSON.content_type)


@cache
def _described(*, master: bool) -> bytes:
    rows = [row for row in OPERATIONS if master or not row.master]
    return msgspec.json.encode(openapi.document(rows))


urlpatterns = [
    re_path(r"^admin/api/openapi\.json$", description),
    *patterns(OPERATIONS),
    re_path(_ELSEWHERE, not_found),
]
