"""Pages of the admin portal, declared as rows: an address, what answers it, and who may.

    page("p/admin/products", products.index, name="products", section=EVERYBODY)

Who is not signed in is sent to the sign-in page, and comes back afterwards. Who may not is told
which permission it takes and who gives it. On a developer's host no such page exists.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import User
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product
from tollway.portal.events.actors import Actor
from tollway.portal.web.sessions import signed_in
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import refuse_beside

View = Callable[..., HttpResponseBase]

ANYBODY = "anybody"  # signed in or not
EVERYBODY = "everybody"  # who is signed in
ADMINS = "admins"  # no permission of a member's is enough


class Access(Struct, frozen=True):
    """Who may: one of the three above, or a ``User.Section``, which members may be let into."""

    section: str

    def admits(self, user: User) -> bool:
        return self.section == EVERYBODY or user.is_admin or user.permitted(self.section)


def page(route: str, view: View, *, name: str, section: str) -> URLPattern:
    """Declare a page at ``route``. Its access is kept on the view, for the tests that walk all."""
    access = Access(section)

    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponseBase:  # noqa: ANN401  (of the route)
        if not site_of(request).administers:
            raise Http404
        if section == ANYBODY:
            return view(request, **parts)
        user = signed_in(request)
        if user is None:
            return _to_sign_in(request)
        request.tollway_user = user  # type: ignore[attr-defined]
        if not access.admits(user):
            return _refused(request, access)
        try:
            return view(request, **parts)
        except ObjectDoesNotExist as error:  # somebody else removed it just now
            raise Http404 from error

    guarded.access = access  # type: ignore[attr-defined]
    # Django masks the token against forgery anew and pads what it compresses: guessing at a page's
    # secrets by its length (BREACH) gets nowhere.
    return path(route, never_cache(gzip_page(guarded)), name=name)


def user_of(request: HttpRequest) -> User:
    """Return who is signed in, on a page that takes somebody who is."""
    user: User = request.tollway_user  # type: ignore[attr-defined]
    return user


def actor_of(request: HttpRequest) -> Actor:
    """Return who makes a change, for the event log."""
    return Actor("user", str(user_of(request).pk), request_id=site_of(request).request_id)


def product_or_404(request: HttpRequest, product_id: int) -> Product:
    """Return a product of this tenant that the user may see."""
    allowed = user_of(request).allowed_products()
    found = catalog.products_of(site_of(request).tenant).filter(pk=product_id).first()
    if found is None or (allowed is not None and found.pk not in allowed):
        raise Http404
    return found


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):  # a part of a page: the whole page has to go
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("sign-in")})
    wanted = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(f"{reverse('sign-in')}?next={quote(wanted)}")


def _refused(request: HttpRequest, access: Access) -> HttpResponse:
    """Say which permission it takes, and who can give it."""
    if answer := refuse_beside(request, "You may not do this any more.", status=403):
        return answer
    tenant = site_of(request).tenant
    admins = accounts.admins_of(tenant).filter(role=User.Role.ADMIN, state=User.State.ACTIVE)
    names = list(admins.values_list("username", flat=True)[:3])
    sections = dict(User.Section.choices)
    context = {"permission": sections.get(access.section, ""), "admins": names}
    return render(request, "console/not_permitted.html", context, status=403)
