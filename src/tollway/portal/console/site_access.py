"""Domains & access: where both portals are, and the code that the developers' side asks for.

What a page about domains says is in ``console.domains``.

3scale's page; its field keeps the name there (checklist, S112, S116 and S117).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_tenant
from tollway.portal.console import domains
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, page
from tollway.portal.console.shell import developer_portal, show
from tollway.portal.fields import lock, refuse
from tollway.portal.mail.models import Audience
from tollway.portal.storefront.domains import columns, domain_of, use_domain, want_domain
from tollway.portal.storefront.names import look_up
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.editing import clash_of
from tollway.portal.web.forms import PageForm
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_LENGTH_MAX = 255


class AccessForm(PageForm):
    site_access_code = forms.CharField(
        label="Developer Portal Access Code",
        required=False,
        max_length=_LENGTH_MAX,
        help_text="Visitors are asked for it once. Empty it to open the portal to everybody.",
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
    )


def edit(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    if request.method != "POST":
        return _page(request, {})
    form, clash = AccessForm(request.POST), None
    if form.is_valid():
        by, code = actor_of(request), form.cleaned_data["site_access_code"]
        with transaction.atomic():
            lock(tenant)
            clash = clash_of(request, tenant, form, saved=_saved(tenant))
            if clash is None:
                form.attempt(lambda: update_tenant(tenant, by=by, site_access_code=code))
        if clash is None and not form.errors:
            said = "Visitors need the access code" if code else "The developer portal is open"
            tell(request, said, "" if code else "Everybody can look at it now.")
            return redirect("domains")
    return _page(request, {"form": form, "clash": clash}, status=409 if clash else 422)


def _saved(tenant: Tenant) -> dict[str, str]:
    return {"site_access_code": tenant.site_access_code}


@require_POST
def open_portal(request: HttpRequest) -> HttpResponse:
    """Take the code away with one click; Undo brings it back."""
    tenant = site_of(request).tenant
    if code := tenant.site_access_code:
        update_tenant(tenant, by=actor_of(request), site_access_code="")
        back = {"undo": reverse("domains"), "site_access_code": code}
        tell(request, "The developer portal is open", "Everybody can look at it now.", **back)
    return redirect("domains")


@require_POST
def want(request: HttpRequest) -> HttpResponse:
    """Note the hosts that both portals shall have; what is emptied is given up at once."""
    tenant = _tenant(request)
    form, clash = domains.form_of(tenant, domains.DomainsForm(request.POST)), None
    used = _used(tenant)
    if form.is_valid():
        with transaction.atomic():
            lock(tenant)
            clash = clash_of(request, tenant, form, saved=domains.saved(tenant))
            if clash is None:
                form.attempt(lambda: _want(request, tenant, form.cleaned_data))
    if clash is not None or form.errors:
        context = {"domains": form, "domains_clash": clash}
        return _page(request, context, status=409 if clash else 422)
    tell(request, "The domains are saved", _told(tenant, used))
    return redirect("domains")


def _used(tenant: Tenant) -> set[str]:
    return {used for each in Audience if (used := domain_of(tenant, each).used)}


def _told(tenant: Tenant, before: set[str]) -> str:
    """Say what is to come, and how to have back what was given up."""
    gone = sorted(before - _used(tenant))
    if gone:
        return f"{' and '.join(gone)} given up. To have it back, enter it and have the DNS checked."
    waits = any(domain_of(tenant, each).wanted for each in Audience)
    return "What is new waits for the DNS." if waits else ""


@transaction.atomic
def _want(request: HttpRequest, tenant: Tenant, given: dict[str, str]) -> None:
    """Take what was given up first: the other portal may want it."""
    wanted = {audience: given[columns(audience)[1]] for audience in Audience}
    for audience, host in sorted(wanted.items(), key=lambda pair: bool(pair[1])):
        if not domains.is_locked(tenant, audience):
            if not host:
                _expect_elsewhere(request, tenant, audience, "is the address of this page")
            want_domain(tenant, audience, host, by=actor_of(request))


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Ask the name servers about the host that one portal waits for, and use it if all is well."""
    tenant, audience = _tenant(request), _audience(request)
    domain = domain_of(tenant, audience)
    if not domain.wanted:
        return redirect("domains")
    seen, by = look_up(domain.wanted, domain.first), actor_of(request)
    try:
        _expect_elsewhere(request, tenant, audience, "would take the address of this page away")
        use_domain(tenant, audience, seen, by=by, anyway=bool(request.POST.get("anyway")))
    except ValidationError as refusal:
        steps = domains.steps_of(_tenant(request), seen, refusal)
        return _page(request, {"steps": steps}, status=422)
    text = (
        "Sign in there from now on." if audience is Audience.ADMIN else "Links in mail lead there."
    )
    tell(request, f"{domain.wanted} is in use", text)
    return redirect("domains")


def _expect_elsewhere(
    request: HttpRequest, tenant: Tenant, audience: Audience, problem: str
) -> None:
    """Refuse to give up the host that one is at: nobody would answer one's next request."""
    domain = domain_of(tenant, audience)
    if domain.used == site_of(request).host:
        text = f"{problem}. Sign in at {domain.first}, and do it there"
        raise refuse(columns(audience)[1], text)


def _audience(request: HttpRequest) -> Audience:
    try:
        return Audience(request.POST.get("audience", ""))
    except ValueError as error:
        raise Http404 from error


def _tenant(request: HttpRequest) -> Tenant:
    """Return the tenant as it is now. The operator's own has no hosts but the first."""
    tenant = Tenant.objects.get(pk=site_of(request).tenant.pk)
    if request.method == "POST" and tenant.is_master:
        raise Http404
    return tenant


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    tenant = Tenant.objects.get(pk=site_of(request).tenant.pk)
    known = {
        "form": AccessForm(initial=_saved(tenant)), "tenant": tenant,
        "is_open": not tenant.site_access_code, "domains": domains.form_of(tenant),
        "steps": domains.steps_of(tenant), "operator_email": domains.operator_email(),
        "domains_locked": all(domains.is_locked(tenant, each) for each in Audience),
        "admin_portal": request.build_absolute_uri("/"), "portal": developer_portal(request),
    }  # fmt: skip
    section = audience_section("domains")
    return show(request, "console/site_access.html", section, known | context, status=status)


_WHO = User.Section.SETTINGS

routes = [
    page("site/dns", edit, name="domains", section=_WHO),
    page("site/dns/domains", want, name="domains-wanted", section=_WHO),
    page("site/dns/check", check, name="domain-check", section=_WHO),
    page("site/dns/open_portal", open_portal, name="portal-open", section=_WHO),
    page("admin/site/dns", edit, name="domains-of-old", section=_WHO),  # 3scale has both
]
