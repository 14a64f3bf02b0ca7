"""Every URL of the portal: the API's rows, the pages, and what is answered when nothing fits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import include, path
from django.views.decorators.cache import never_cache

from tollway.portal.api import answers
from tollway.portal.api import routes as api
from tollway.portal.api.answers import Format
from tollway.portal.console import routes as console
from tollway.portal.console.entry import sign_in as admins
from tollway.portal.developer import entering as developers
from tollway.portal.developer import routes as developer
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import refuse_beside


def home(request: HttpRequest) -> HttpResponseBase:
    """Answer the root of a host: an admin portal, or the developers' side."""
    if site_of(request).administers:
        return never_cache(admins.home)(request)
    return developers.home(request)


urlpatterns = [
    path("", home, name="home"),
    path("", include(developer.urlpatterns)),
    path("", include(console.urlpatterns)),
    path("", include(api.urlpatterns)),
]

_API_PREFIXES = ("/admin/api/", "/master/api/", "/api/", "/stats/")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    gone = refuse_beside(request, "It is not there any more: load the page again.", status=404)
    return gone or render(request, "web/not_found.html", status=404)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    if request.path.startswith(_API_PREFIXES):
        return answers.failed("the request is malformed", 400, _format(request))
    return render(request, "web/not_found.html", status=400)


def handler500(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault, with the request's id; Django has logged the exception."""
    if request.path.startswith(_API_PREFIXES):
        return answers.failed("Internal server error", 500, _format(request))
    site = getattr(request, "tollway", None)
    context = {"request_id": site.request_id if site else ""}
    return render(request, "web/error.html", context, status=500)


def _format(request: HttpRequest) -> Format:
    return Format.JSON if request.path.endswith(".json") else Format.XML
