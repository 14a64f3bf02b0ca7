"""Signing up: a developer makes an account, and confirms their address by mail.

The account gets the tenant's default plans, and an application on each product that gives one at
once. Whether anybody may is the tenant's to say (`signups_enabled`).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from tollway.portal.accounts.fields_definitions import Target, definitions_of
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.applications import services as applications
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show, sign_up_is_open
from tollway.portal.fields import NAME_LENGTH_MAX
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import humans
from tollway.portal.web.entry import attempt, visitor
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import (
    NewPasswordField,
    defined_fields,
    email_field,
    username_field,
    with_extra_fields,
)
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import SIGN_UP, Attempt


class SignUpForm(PageForm):
    """``tenant`` may have defined further fields of its accounts."""

    org_name = forms.CharField(
        label="Organisation or group",
        max_length=NAME_LENGTH_MAX,
        error_messages={"required": "Enter the name of your organisation."},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    username = username_field()
    email = email_field("We send a link to confirm it.")

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["password"] = NewPasswordField("Password", least=password_length_min(tenant))
        definitions = [
            row
            for row in definitions_of(tenant, Target.ACCOUNT)
            if not (row.hidden or row.read_only)
        ]
        self._defined = defined_fields(definitions, without=set(self.fields))
        self.fields.update(self._defined)

    def given(self) -> dict[str, Any]:
        """Return what was filled in, as ``applications.services.sign_up`` takes it."""
        filled = {name: value for name, value in self.cleaned_data.items() if value}
        return with_extra_fields(Target.ACCOUNT, filled, self._defined)


@sensitive_post_parameters("password")
@once
def form(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    if not sign_up_is_open(tenant):
        return show(request, "sign_up_closed", status=403)
    if request.method != "POST":
        return _form(request, SignUpForm(tenant))
    filled, trial = SignUpForm(tenant, request.POST), None
    if filled.is_valid():
        refusal = humans.refusal(request)
        if not refusal:
            trial = attempt(request, SIGN_UP, filled.cleaned_data["email"])
            refusal = trial.refusal
        if refusal:
            filled.add_error(None, refusal)
    if filled.is_valid() and _sign_up(request, filled):
        return redirect("developer-signed-up")
    wait = trial if trial is not None and trial.refusal else None
    return _form(request, filled, status=422, wait=wait)


@require_safe
def success(request: HttpRequest) -> HttpResponse:
    return show(request, "signed_up")


def _sign_up(request: HttpRequest, filled: SignUpForm) -> bool:
    tenant, by, fields = site_of(request).tenant, visitor(request), filled.given()
    made = filled.attempt(lambda: applications.sign_up(tenant, by=by, confirmed=False, **fields))
    return made is not None


def _form(
    request: HttpRequest, filled: SignUpForm, *, status: int = 200, wait: Attempt | None = None
) -> HttpResponse:
    context = {
        "fields": shown(filled),
        "errors": tuple(str(error) for error in filled.non_field_errors()),
        "began": humans.began(request),
    }
    return show(request, "sign_up", context, status=status, wait=wait)
