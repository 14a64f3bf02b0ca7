"""Forgotten passwords: asking for a link, and setting a new one by it.

Whoever asks learns nothing of who has an account: the answer is the same, and so is the time it
takes, for a name that is known costs a letter to write.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import reset_password
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.accounts.single_use import Purpose, token_by_value
from tollway.portal.console import mailbox
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.mail.models import Audience
from tollway.portal.tenants.hosts import admin_url
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import master
from tollway.portal.web.entry import send_link, visitor
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import NewPasswordField
from tollway.portal.web.sessions import sign_in
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


class ForgottenForm(PageForm):
    login = forms.CharField(
        label="User name or e-mail",
        max_length=255,
        error_messages={"required": "Enter your user name or e-mail."},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class NewPasswordForm(PageForm):
    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["password"] = NewPasswordField(
            "New password", least=password_length_min(tenant)
        )


def forgotten(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        initial = {"login": request.GET.get("login", "")}
        return _forgotten(request, ForgottenForm(initial=initial), sent="sent" in request.GET)
    form = ForgottenForm(request.POST)
    if not form.is_valid():
        return _forgotten(request, form, status=422)
    trial = send_link(request, Audience.ADMIN, form.cleaned_data["login"])
    if trial.refusal:
        form.add_error(None, trial.refusal)
        return show_entry(request, "forgotten", {"form": form}, wait=trial)
    return HttpResponseRedirect(f"{reverse('forgotten')}?sent")


@sensitive_post_parameters("password")
@sensitive_variables("code")
@once
def new_password(request: HttpRequest, code: str) -> HttpResponse:
    """Show the form behind the link; a POST sets the password and signs its user in."""
    tenant = site_of(request).tenant
    token = token_by_value(tenant, Audience.ADMIN, Purpose.PASSWORD_RESET, code)
    if token is None:
        return _ended(request)
    context: dict[str, Any] = {"user": token.user}
    if request.method != "POST":
        return show_entry(request, "new_password", {**context, "form": NewPasswordForm(tenant)})
    form = NewPasswordForm(tenant, request.POST)
    user = _reset(request, code, form) if form.is_valid() else None
    if user is None:
        if form.non_field_errors():  # another window was faster
            return _ended(request)
        return show_entry(request, "new_password", {**context, "form": form}, status=422)
    sign_in(request, user)
    tell(request, "Your password is changed", "Every other session has ended.")
    return redirect("dashboard")


def _reset(request: HttpRequest, code: str, form: NewPasswordForm) -> User | None:
    tenant, password = site_of(request).tenant, form.cleaned_data["password"]
    by = visitor(request)
    return form.attempt(lambda: reset_password(tenant, Audience.ADMIN, code, password, by=by))


def _ended(request: HttpRequest) -> HttpResponse:
    context = {"purpose": Purpose.PASSWORD_RESET.value}
    return show_entry(request, "link_ended", context, status=404)


def _forgotten(
    request: HttpRequest, form: ForgottenForm, *, sent: bool = False, status: int = 200
) -> HttpResponse:
    context = {"form": form, "sent": sent, "mailbox": _operators_mailbox() if sent else ""}
    return show_entry(request, "forgotten", context, status=status)


def _operators_mailbox() -> str:
    """Return the address of the operator's mailbox where no mail leaves this machine, else ""."""
    operator = master() if mailbox.open_to_visitors(settings.TOLLWAY) else None
    return admin_url(operator, reverse("mailbox")) if operator else ""
