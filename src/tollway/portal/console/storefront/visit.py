"""The way from the admin portal to the developers' side, past its access code (checklist, S97).

The other side has another host. A pass goes over in the body of a form, which a script sends at
once and a button without one; no address holds it.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from tollway.portal.console.shell import Section, developer_portal, show
from tollway.portal.web import passes
from tollway.portal.web.headers import content_security_policy
from tollway.portal.web.site import site_of


@require_safe
def visit(request: HttpRequest) -> HttpResponse:
    """Lead to the developer portal; one that is closed is opened for this browser."""
    tenant, there = site_of(request).tenant, developer_portal(request)
    if not there:
        raise Http404
    if not tenant.site_access_code:
        return HttpResponseRedirect(there)
    context = {"target": f"{there}visit", "pass": passes.give(tenant)}
    response = show(request, "console/storefront/visit.html", Section(""), context)
    policy = content_security_policy()
    allowed = policy.replace("form-action 'self'", f"form-action 'self' {there}")
    response["Content-Security-Policy"] = allowed
    return response
