"""Tollway's own APIs, to read and to try: the Account Management API, and the authority's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tollway.portal.console.shell import show
from tollway.portal.console.team.navigation import settings_section
from tollway.portal.web.headers import content_security_policy

HERE, AUTHORITY = "api-docs", "authority-docs"


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    return show(request, "console/apidocs/own.html", settings_section(HERE))


@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """Show the Service Management API; the page's scripts may call the authority, and it alone."""
    url = settings.TOLLWAY.authority_url
    section = settings_section(AUTHORITY)
    response = show(request, "console/apidocs/authority.html", section, {"authority": url})
    response["Content-Security-Policy"] = content_security_policy(calls=_origin(url))
    return response


@require_safe
def authority_content(request: HttpRequest) -> HttpResponse:
    """Answer with its OpenAPI document, at the address by which gateways find the authority."""
    context = {"authority": settings.TOLLWAY.authority_url}
    template = "console/apidocs/authority.json"
    return render(request, template, context, content_type="application/json")


def _origin(url: str) -> list[str]:
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if url else []
