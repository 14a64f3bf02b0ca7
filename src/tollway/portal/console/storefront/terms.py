"""Legal terms that developers accept: at sign-up, when they subscribe, with a new application."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from msgspec import Struct

from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.fields import lock
from tollway.portal.storefront.models import TEXT_LENGTH_MAX, Terms
from tollway.portal.storefront.selectors import versions_of
from tollway.portal.storefront.services import set_terms
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.editing import Clash, clash_of
from tollway.portal.web.forms import PageForm
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

ABOUT = {
    Terms.Kind.SIGN_UP: "Shown with the sign-up form.",
    Terms.Kind.SUBSCRIPTION: "Shown when an account's first application subscribes to a product.",
    Terms.Kind.APPLICATION: "Shown with the form of a new application.",
}


class TermsForm(PageForm):
    text = forms.CharField(
        label="Text",
        required=False,
        max_length=TEXT_LENGTH_MAX,
        help_text="Plain text; an empty line begins a paragraph. Empty: nothing is asked.",
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class Version(Struct):
    """What a form edits, as one row: the newest version, or none yet."""

    pk: int
    updated_at: datetime
    text: str


class Part(Struct, frozen=True):
    """One kind of terms: its form, and which version its reader sees."""

    kind: str
    title: str
    about: str
    form: TermsForm
    version: Version
    clash: Clash | None
    is_in_force: bool


def edit(request: HttpRequest) -> HttpResponse:
    """Show all kinds; a POST puts another version of the one that it names in force."""
    tenant, kind = site_of(request).tenant, request.POST.get("kind", "")
    if request.method != "POST" or kind not in Terms.Kind.values:
        return _page(request, tenant)
    form, clash, text = TermsForm(request.POST, auto_id=f"{kind}_%s"), None, ""
    if form.is_valid():
        by, text = actor_of(request), form.cleaned_data["text"]
        with transaction.atomic():
            lock(tenant)
            version = _version(tenant, kind)
            saved = {"text": version.text}
            clash = clash_of(request, version, form, saved=saved, kind="terms")
            if clash is None:
                form.attempt(lambda: set_terms(tenant, kind, text, by=by))
    if form.errors or clash is not None:
        return _page(request, tenant, kind, form, clash)
    said = "Developers accept them from now on." if text.strip() else "Nothing is asked any more."
    tell(request, f"{Terms.Kind(kind).label}: the terms are saved", said)
    return redirect("legal-terms")


def _version(tenant: Tenant, kind: str) -> Version:
    last = versions_of(tenant, kind).last()
    if last is None:
        return Version(0, tenant.created_at, "")
    return Version(last.pk, last.updated_at, last.text)


def _page(
    request: HttpRequest,
    tenant: Tenant,
    kind: str = "",
    form: TermsForm | None = None,
    clash: Clash | None = None,
) -> HttpResponse:
    parts = [_part(tenant, each, form if each == kind else None, clash) for each in Terms.Kind]
    context = {"parts": parts}
    status = 409 if clash else 422 if form is not None else 200
    section = audience_section("legal-terms")
    return show(request, "console/storefront/terms.html", section, context, status=status)


def _part(tenant: Tenant, kind: str, form: TermsForm | None, clash: Clash | None) -> Part:
    version = _version(tenant, kind)
    shown = form or TermsForm(initial={"text": version.text}, auto_id=f"{kind}_%s")
    title = str(Terms.Kind(kind).label)
    return Part(
        kind,
        title,
        ABOUT[Terms.Kind(kind)],
        shown,
        version,
        clash if form is not None else None,
        bool(version.text),
    )
