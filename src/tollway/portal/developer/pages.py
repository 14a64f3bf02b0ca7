"""Declaring pages of the developers' side: where, by whom, and whether past the access code.

A page is one line of a list of routes:

    page("admin/applications", index, name="developer-applications")

On the hosts of admins none of them is there. Whoever is not signed in is sent to sign in, and back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page

from tollway.portal.accounts.visits import acting
from tollway.portal.developer.gate import is_open
from tollway.portal.events.actors import Actor
from tollway.portal.web.sessions import Developer, developer_signed_in
from tollway.portal.web.site import site_of

View = Callable[..., HttpResponseBase]

ANYBODY = "anybody"  # without the access code, too
VISITORS = "visitors"  # who has the access code, where there is one
DEVELOPERS = "developers"  # who is signed in


def guarded(view: View, who: str, *, keeps: bool = False) -> View:
    """Let nobody else see it. What was decided is kept on the view, for tests that walk all.

    ``keeps``: browsers may keep the answer, as the view says.
    """

    @wraps(view)
    def guard(request: HttpRequest, **parts: Any) -> HttpResponseBase:  # noqa: ANN401  (of the route)
        if site_of(request).administers:
            raise Http404
        developer = developer_signed_in(request)
        request.tollway_developer = developer  # type: ignore[attr-defined]
        visits = developer is not None and developer.visit is not None
        if who != ANYBODY and not visits and not is_open(request):
            return _sent_to("developer-access-code", "return_to", request)
        if who == DEVELOPERS and developer is None:
            return _sent_to("developer-sign-in", "next", request)
        try:
            return view(request, **parts)
        except ObjectDoesNotExist as error:  # somebody else removed it just now
            raise Http404 from error

    guard.who = who  # type: ignore[attr-defined]
    zipped = gzip_page(guard)
    return zipped if keeps else never_cache(zipped)


def page(
    route: str, view: View, *, name: str, who: str = DEVELOPERS, keeps: bool = False
) -> URLPattern:
    """Declare a page at ``route``, for who is signed in unless it says otherwise."""
    return path(route, guarded(view, who, keeps=keeps), name=name)


def present(request: HttpRequest) -> Developer | None:
    """Return who is signed in, if anybody is."""
    found: Developer | None = request.tollway_developer  # type: ignore[attr-defined]
    return found


def developer_of(request: HttpRequest) -> Developer:
    """Return who is signed in, on a page that takes somebody who is."""
    found = present(request)
    if found is None:
        raise Http404
    return found


def actor_of(request: HttpRequest) -> Actor:
    """Return who makes a change: the developer, or support on the developer's behalf."""
    developer, request_id = developer_of(request), site_of(request).request_id
    if developer.visit is not None:
        return acting(developer.visit, request_id)
    return Actor("user", str(developer.user.pk), request_id=request_id)


def _sent_to(name: str, key: str, request: HttpRequest) -> HttpResponse:
    wanted = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{reverse(name)}?{key}={quote(wanted)}")
