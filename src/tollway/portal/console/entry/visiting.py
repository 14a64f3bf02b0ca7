"""What the pages that are open to everybody share: their frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tollway.portal.console.shell import developer_portal
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import Attempt


def show_entry(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    wait: Attempt | None = None,
) -> HttpResponse:
    """Render ``console/entry/{template}.html``; 429 if there is a try that has to ``wait``."""
    frame = {"site": site_of(request), "developer_portal": developer_portal(request)}
    status = 429 if wait else status
    page = f"console/entry/{template}.html"
    response = render(request, page, {**frame, **(context or {})}, status=status)
    if wait:
        response["Retry-After"] = str(wait.wait_s)
    return response
