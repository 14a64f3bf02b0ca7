"""Requests that never came over a socket, to a tenant's admin portal, and templates on them."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpRequest
from django.template import RequestContext, Template
from django.test import RequestFactory

from portal.people import Provider
from tollway.portal.web.site import Side, Site

HOST = "acme-admin.localhost"


def get(provider: Provider, path: str = "/", **headers: str) -> HttpRequest:
    return _ready(RequestFactory().get(path, headers=headers), provider)


def post(provider: Provider, form: dict[str, Any], **headers: str) -> HttpRequest:
    return _ready(RequestFactory().post("/", form, headers=headers), provider)


def _ready(request: HttpRequest, provider: Provider) -> HttpRequest:
    request.tollway = Site(  # type: ignore[attr-defined]
        provider.tenant, Side.ADMIN, HOST, "request-1"
    )
    request.tollway_user = provider.admin  # type: ignore[attr-defined]
    request.session = SessionStore()
    return request


def rendered(template: str, request: HttpRequest, **context: Any) -> str:
    return Template(template).render(RequestContext(request, context))
