"""Support acts as a developer: the token from the admins' side is taken, and the visit ended.

The token comes by a form of another host, so without that host's token against forgery. It is one
itself: it works once, for minutes, and only an admin of this very tenant can have made it.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from tollway.portal.accounts.services import begin_visit, end_visit
from tollway.portal.developer.frame import show
from tollway.portal.developer.pages import present
from tollway.portal.tenants.hosts import admin_host
from tollway.portal.web.sessions import sign_in_support, sign_out
from tollway.portal.web.site import site_of

_TOKEN_MAX = 100


@csrf_exempt
@require_POST
@sensitive_post_parameters("token")
def begin(request: HttpRequest) -> HttpResponse:
    """Start a session in which the admin who made the token acts as the developer."""
    site = site_of(request)
    token = request.POST.get("token", "")[:_TOKEN_MAX]
    try:
        visit = begin_visit(site.tenant, token, request_id=site.request_id)
    except ValidationError:
        return show(request, "link_ended", {"acting": True}, status=403)
    sign_in_support(request, visit)
    return redirect("developer-dashboard")


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the visit now, and say where it began."""
    developer, site = present(request), site_of(request)
    if developer is None or developer.visit is None:
        return redirect("home")
    end_visit(developer.visit, request_id=site.request_id)
    sign_out(request)
    request.tollway_developer = None  # type: ignore[attr-defined]
    _, colon, port = request.get_host().partition(":")
    origin = f"{request.scheme}://{admin_host(site.tenant)}{colon}{port}"
    context = {
        "username": developer.user.username,
        "account": developer.account.org_name,
        "back": f"{origin}/buyers/accounts/{developer.account.pk}",
    }
    return show(request, "acting_ended", context)
