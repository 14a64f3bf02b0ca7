"""Which tenant a host names, and which side of it: admin portal, developer portal, or master.

    {org}-admin.DOMAIN   the admin portal and the Account Management API of a tenant
    {org}.DOMAIN         its developer portal
    master.DOMAIN        the operator's

A tenant's own hosts name its sides, too. The developer portal then has moved there: who comes by
the first host is sent on. The first host of the admin portal goes on answering, so that programs
keep their address, and nobody is locked out by a mistake in the DNS.

Every request has a site before any view runs; a host that names nobody is answered 404 here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from enum import StrEnum

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.shortcuts import render
from msgspec import Struct

from tollway.portal.tenants import selectors
from tollway.portal.tenants.models import Tenant

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Side(StrEnum):
    ADMIN = "admin"
    DEVELOPER = "developer"
    MASTER = "master"


class Site(Struct, frozen=True):
    tenant: Tenant
    side: Side
    host: str  # without the port
    request_id: str

    @property
    def administers(self) -> bool:
        """Whether the users here are the tenant's own, not its developers."""
        return self.side is not Side.DEVELOPER

    @property
    def key(self) -> str:
        """What a session is bound to."""
        return f"{self.tenant.pk}/{self.side}"


class Sites:
    """Middleware: gives every request its site and its id, and every answer the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _request_id(request.headers.get("X-Request-Id", ""))
        host, _port = split_domain_port(request.get_host())
        site = resolve(host, settings.TOLLWAY.domain, request_id)
        if site is None:
            response = render(request, "web/unknown_host.html", {"host": host}, status=404)
        elif site.side is Side.DEVELOPER and site.tenant.is_closed:
            response = render(request, "web/closed.html", status=403)
        elif _has_moved(site) and request.method in {"GET", "HEAD"}:
            response = HttpResponseRedirect(_there(request, site))
        else:
            request.tollway = site  # type: ignore[attr-defined]
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


def site_of(request: HttpRequest) -> Site:
    site: Site = request.tollway  # type: ignore[attr-defined]
    return site


def resolve(host: str, domain: str, request_id: str) -> Site | None:
    """Return the site that ``host`` (lower case, no port) names, if there is one."""
    label, dot, parent = host.partition(".")
    if not dot or parent != domain:
        return _by_own_host(host, request_id)
    if label == "master":
        return _site(selectors.master(), Side.MASTER, host, request_id)
    if label.endswith("-admin"):
        tenant = selectors.tenant_by_subdomain(label.removesuffix("-admin"))
        return _site(tenant, Side.ADMIN, host, request_id)
    return _site(selectors.tenant_by_subdomain(label), Side.DEVELOPER, host, request_id)


def _site(tenant: Tenant | None, side: Side, host: str, request_id: str) -> Site | None:
    if tenant is None or (tenant.is_master and side is not Side.MASTER):
        return None
    return Site(tenant, side, host, request_id)


def _by_own_host(host: str, request_id: str) -> Site | None:
    tenant = selectors.tenant_by_own_host(host) if host else None
    if tenant is None:
        return None
    side = Side.ADMIN if tenant.admin_domain == host else Side.DEVELOPER
    return _site(tenant, side, host, request_id)


def _has_moved(site: Site) -> bool:
    """Say whether the developer portal is elsewhere now: on a host of the tenant's own."""
    moved_to = site.tenant.developer_domain
    return site.side is Side.DEVELOPER and moved_to not in {"", site.host}


def _there(request: HttpRequest, site: Site) -> str:
    """Return the same page on the tenant's own host. Browsers do not keep it: a 302."""
    _, colon, port = request.get_host().partition(":")
    origin = f"{request.scheme}://{site.tenant.developer_domain}{colon}{port}"
    return f"{origin}{request.get_full_path()}"


def _request_id(offered: str) -> str:
    """Keep a caller's id if it is harmless, so that logs on both ends can be matched."""
    return offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
