"""What the pages that are open to everybody share: their frame, and who is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tollway import clock
from tollway.portal.console.shell import developer_portal
from tollway.portal.events.actors import Actor
from tollway.portal.web import throttle
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import Attempt, Rule


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


def visitor(request: HttpRequest) -> Actor:
    """Return who makes a change while nobody is signed in, for the event log."""
    return Actor("visitor", request_id=site_of(request).request_id)


def attempt(request: HttpRequest, rule: Rule, name: str) -> Attempt:
    """Record that this visitor sends a form about ``name``; it may have to wait."""
    address = request.META.get("REMOTE_ADDR", "")
    return throttle.begin(site_of(request).tenant, name, address, at=clock.now(), rule=rule)
