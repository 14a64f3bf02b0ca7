"""What developers do by the links in their mail: activate themselves, set a new password.

Looking at a link does nothing, for programs look at the links in mails, too: it takes the button.
Whoever asks for a new password learns nothing of who has an account: the answer is the same, and so
is the time that it takes.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import (
    activate,
    reset_password,
    update_user,
)
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.accounts.single_use import Purpose, token_by_value
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.mail.models import Audience
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.entry import send_link, visitor
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import NewPasswordField
from tollway.portal.web.sessions import may_sign_in, sign_in
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


class PasswordForm(PageForm):
    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["password"] = NewPasswordField("Password", least=password_length_min(tenant))


class ForgottenForm(PageForm):
    login = forms.CharField(
        label="User name or e-mail",
        max_length=255,
        help_text="We write to the address that we have.",
        error_messages={"required": "Enter your user name or e-mail."},
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )


@sensitive_post_parameters("password")
@sensitive_variables("code")
@once
def activation(request: HttpRequest, code: str) -> HttpResponse:
    """Show whose account it is; a POST activates it, and signs in who may."""
    tenant = site_of(request).tenant
    token = token_by_value(tenant, Audience.DEVELOPER, Purpose.ACTIVATION, code)
    if token is None:
        return show(request, "link_ended", {"acting": False}, status=404)
    form = _first_password(request, token.user)
    if request.method != "POST" or (form is not None and not form.is_valid()):
        context = {
            "username": token.user.username,
            "email": token.user.email,
            "fields": shown(form) if form else (),
        }
        status = 422 if request.method == "POST" else 200
        return show(request, "activate", context, status=status)
    try:
        user = _activate(request, code, form.cleaned_data["password"] if form else "")
    except ValidationError:  # another window was faster
        return show(request, "link_ended", {"acting": False}, status=404)
    return _let_in(request, user)


def forgotten(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        form = ForgottenForm(initial={"login": request.GET.get("login", "")})
        return _forgotten(request, form, sent="sent" in request.GET)
    form = ForgottenForm(request.POST)
    if not form.is_valid():
        return _forgotten(request, form, status=422)
    trial = send_link(request, Audience.DEVELOPER, form.cleaned_data["login"])
    if trial.refusal:
        form.add_error("login", trial.refusal)
        return _forgotten(request, form, status=429)
    return HttpResponseRedirect(f"{reverse('developer-forgotten')}?sent")


@sensitive_post_parameters("password")
@sensitive_variables("code")
@once
def new_password(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form behind the link; a POST sets the password, and signs in who may."""
    tenant = site_of(request).tenant
    token = token_by_value(tenant, Audience.DEVELOPER, Purpose.PASSWORD_RESET, code)
    if token is None:
        return show(request, "link_ended", {"acting": False}, status=404)
    form = PasswordForm(tenant, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        password, by = form.cleaned_data["password"], visitor(request)
        user = form.attempt(
            lambda: reset_password(tenant, Audience.DEVELOPER, code, password, by=by)
        )
        if user is not None:
            return _let_in(request, user)
    context = {"username": token.user.username, "fields": shown(form)}
    return show(request, "new_password", context, status=422 if form.is_bound else 200)


def _first_password(request: HttpRequest, user: User) -> PasswordForm | None:
    """Return a form for somebody who was signed up by another, without a password."""
    if user.has_usable_password():
        return None
    tenant = site_of(request).tenant
    return PasswordForm(tenant, request.POST if request.method == "POST" else None)


@transaction.atomic
def _activate(request: HttpRequest, code: str, password: str) -> User:
    by = visitor(request)
    user = activate(site_of(request).tenant, Audience.DEVELOPER, code, by=by)
    if password:
        update_user(user, by=by, password=password)
    return user


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in; but an account that waits for approval is told so by the sign-in page."""
    if may_sign_in(user):
        sign_in(request, user)
        return redirect("developer-dashboard")
    tell(request, "Your account waits for approval", "You will be written to.")
    return redirect("developer-sign-in")


def _forgotten(
    request: HttpRequest, form: ForgottenForm, *, sent: bool = False, status: int = 200
) -> HttpResponse:
    context = {"fields": shown(form), "sent": sent}
    return show(request, "forgotten", context, status=status)
