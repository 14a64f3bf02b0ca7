"""E-mail addresses of the organisation: from which one it writes, and where one answers to.

3scale's outgoing address and support e-mails (checklist, S113; feature map, EM3 and SE5).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tollway.portal.accounts.services import update_tenant
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.fields import lock
from tollway.portal.mail.addresses import parted
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.editing import clash_of
from tollway.portal.web.forms import PageForm
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


def _address(label: str, text: str) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        required=False,
        max_length=255,
        help_text=text,
        error_messages={"invalid": "Enter an address like support@acme.example."},
    )


class AddressesForm(PageForm):
    from_email = _address(
        "Outgoing e-mail", "Developers get their mail from this address. Empty: the operator's."
    )
    support_email = _address(
        "Support", "Answers go there, and developers are told it. A product may have its own."
    )
    finance_support_email = _address("Finance support", "For questions about invoices.")


_NAMES = tuple(AddressesForm.base_fields)


def edit(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    if request.method != "POST":
        return _page(request, {"form": AddressesForm(initial=_saved(tenant))})
    form, clash = AddressesForm(request.POST, initial=_saved(tenant)), None
    if form.is_valid():
        by, given = actor_of(request), {**form.cleaned_data}
        with transaction.atomic():
            lock(tenant)
            clash = clash_of(request, tenant, form, saved=_saved(tenant))
            if clash is None:
                form.attempt(lambda: update_tenant(tenant, by=by, **given))
    if form.errors or clash is not None:
        return _page(request, {"form": form, "clash": clash}, status=409 if clash else 422)
    tell(request, "The addresses are saved", "The next mail has them.")
    return redirect("addresses")


def _saved(tenant: Tenant) -> dict[str, str]:
    return {name: getattr(tenant, name) for name in _NAMES}


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    _, usual = parted(settings.TOLLWAY.mail_from)
    context |= {"tenant": Tenant.objects.get(pk=site_of(request).tenant.pk), "usual": usual}
    section = audience_section("addresses")
    return show(request, "console/storefront/addresses.html", section, context, status=status)
