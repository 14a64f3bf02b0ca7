"""Tollway's own API, to read and to try with an access token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tollway.portal.console.shell import show
from tollway.portal.console.team.navigation import settings_section

HERE = "api-docs"


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    return show(request, "console/apidocs/own.html", settings_section(HERE))
