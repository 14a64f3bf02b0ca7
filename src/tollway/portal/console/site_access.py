"""Domains & access: where both portals are, and the code that the developers' side asks for.

3scale's page; its field keeps the name there (checklist, S116 and S117).
"""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_tenant
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, page
from tollway.portal.console.shell import developer_portal, show
from tollway.portal.fields import lock
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.editing import Clash, clash_of
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
        return _page(request, AccessForm(initial=_saved(tenant)))
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
    return _page(request, form, clash=clash, status=409 if clash else 422)


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


def _page(
    request: HttpRequest, form: AccessForm, *, clash: Clash | None = None, status: int = 200
) -> HttpResponse:
    tenant = Tenant.objects.get(pk=site_of(request).tenant.pk)
    context = {
        "form": form, "clash": clash, "tenant": tenant, "is_open": not tenant.site_access_code,
        "admin_portal": request.build_absolute_uri("/"), "portal": developer_portal(request),
    }  # fmt: skip
    section = audience_section("domains")
    return show(request, "console/site_access.html", section, context, status=status)


_WHO = User.Section.SETTINGS

routes = [
    page("site/dns", edit, name="domains", section=_WHO),
    page("site/dns/open_portal", open_portal, name="portal-open", section=_WHO),
    page("admin/site/dns", edit, name="domains-of-old", section=_WHO),  # 3scale has both
]
