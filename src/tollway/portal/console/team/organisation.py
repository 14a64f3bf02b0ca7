"""The organisation itself: its name, and the currency of its prices (feature map, SE10, BI2)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tollway.core.money import CURRENCIES
from tollway.portal.accounts.services import update_tenant
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.team.navigation import settings_section
from tollway.portal.fields import NAME_LENGTH_MAX, lock
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.editing import clash_of
from tollway.portal.web.forms import PageForm
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


class OrganisationForm(PageForm):
    org_name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH_MAX,
        help_text="Developers read it in their portal and in mail.",
        error_messages={"required": "Enter the name of your organisation."},
    )
    currency = forms.ChoiceField(
        label="Currency",
        choices=[(code, code) for code in sorted(CURRENCIES)],
        help_text="Of all prices. Another one leaves the amounts as they are.",
        error_messages={"invalid_choice": "Choose a currency of the list."},
    )


_NAMES = tuple(OrganisationForm.base_fields)


def edit(request: HttpRequest) -> HttpResponse:
    tenant = Tenant.objects.get(pk=site_of(request).tenant.pk)
    if request.method != "POST":
        return _page(request, tenant, {"form": OrganisationForm(initial=_saved(tenant))})
    form, clash = OrganisationForm(request.POST, initial=_saved(tenant)), None
    if form.is_valid():
        by, given = actor_of(request), {**form.cleaned_data}
        with transaction.atomic():
            lock(tenant)
            clash = clash_of(request, tenant, form, saved=_saved(tenant))
            if clash is None:
                form.attempt(lambda: update_tenant(tenant, by=by, **given))
    if form.errors or clash is not None:
        context = {"form": form, "clash": clash}
        return _page(request, tenant, context, status=409 if clash else 422)
    tell(request, f"{tenant.org_name} is saved", f"Prices are in {tenant.currency}.")
    return redirect("organisation")


def _saved(tenant: Tenant) -> dict[str, str]:
    return {name: getattr(tenant, name) for name in _NAMES}


def _page(
    request: HttpRequest, tenant: Tenant, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    section = settings_section("organisation")
    known = {"tenant": tenant, **context}
    return show(request, "console/team/organisation.html", section, known, status=status)
