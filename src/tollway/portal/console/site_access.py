"""Domains & access: where both portals are, and the code that the developers' side asks for.

3scale's page; its field keeps the name there (checklist, S116 and S117).
"""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import update_tenant
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, page
from tollway.portal.console.shell import developer_portal, show
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
    now = {"site_access_code": tenant.site_access_code}
    form = AccessForm(request.POST if request.method == "POST" else None, initial=now)
    if form.is_bound and form.is_valid():
        by, code = actor_of(request), form.cleaned_data["site_access_code"]
        form.attempt(lambda: update_tenant(tenant, by=by, site_access_code=code))
        if form.is_valid():
            said = "Visitors need the access code" if code else "The developer portal is open"
            tell(request, said, "" if code else "Everybody can look at it now.")
            return redirect("domains")
    context = {"form": form, "is_open": not now["site_access_code"], "host": site_of(request).host}
    context["portal"] = developer_portal(request)
    status = 422 if form.is_bound else 200
    return show(
        request, "console/site_access.html", audience_section("domains"), context, status=status
    )


_WHO = User.Section.SETTINGS

routes = [
    page("site/dns", edit, name="domains", section=_WHO),
    page("admin/site/dns", edit, name="domains-of-old", section=_WHO),  # 3scale has both
]
