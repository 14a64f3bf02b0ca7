"""The URLs of the pages. Sign-in and what lies behind it exist on the admin hosts only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from tollway.portal.console import views
from tollway.portal.web.site import site_of

View = Callable[[HttpRequest], HttpResponse]


def admin_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not site_of(request).administers:
            raise Http404
        return view(request)

    return guarded


urlpatterns = [
    path("", views.home, name="home"),
    path("p/login", admin_only(views.sign_in_page), name="sign-in"),
    path("p/logout", admin_only(views.sign_out_page), name="sign-out"),
    path("p/admin/dashboard", admin_only(views.dashboard), name="dashboard"),
]
