"""The access code: a developer portal that is not open to the world yet asks for it once.

What a browser keeps is no code but a proof of it, so another code asks everybody again.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import site_of

COOKIE = "tollway_access"
LASTS = timedelta(days=30)


def is_open(request: HttpRequest) -> bool:
    """Say whether the portal is open to everybody, or this visitor has given its code."""
    tenant = site_of(request).tenant
    given = request.COOKIES.get(COOKIE, "")
    return not tenant.site_access_code or constant_time_compare(given, _proof(tenant))


def is_code(tenant: Tenant, code: str) -> bool:
    return constant_time_compare(code, tenant.site_access_code)


def remember(response: HttpResponse, tenant: Tenant) -> None:
    """Let the browser in from now on."""
    lasts = int(LASTS.total_seconds())
    response.set_cookie(COOKIE, _proof(tenant), max_age=lasts, httponly=True, samesite="Lax")


def _proof(tenant: Tenant) -> str:
    said = f"{tenant.pk} {tenant.site_access_code}"
    return salted_hmac("tollway.access_code", said, algorithm="sha256").hexdigest()
