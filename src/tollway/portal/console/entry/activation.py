"""The page behind the link of an activation mail.

Looking at it does nothing, for programs look at the links in mails, too: it takes the button.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import activate, update_user
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.accounts.single_use import Purpose, token_by_value
from tollway.portal.console import places
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.mail.models import Audience
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.entry import visitor
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import NewPasswordField
from tollway.portal.web.sessions import sign_in, signed_in
from tollway.portal.web.site import Side, site_of


class FirstPasswordForm(PageForm):
    """For somebody who was signed up by another, without a password."""

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self.fields["password"] = NewPasswordField("Password", least=password_length_min(tenant))


@sensitive_post_parameters("password")
@sensitive_variables("code")
@once
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show whose account it is; a POST activates it and signs its user in."""
    tenant = site_of(request).tenant
    token = token_by_value(tenant, Audience.ADMIN, Purpose.ACTIVATION, code)
    if token is None:
        return _ended(request)
    form = None
    if not token.user.has_usable_password():
        form = FirstPasswordForm(tenant, request.POST if request.method == "POST" else None)
    context = {"user": token.user, "form": form}
    if request.method != "POST":
        return show_entry(request, "activate", context)
    if form is not None and not form.is_valid():
        return show_entry(request, "activate", context, status=422)
    try:
        user = _activate(request, code, form.cleaned_data["password"] if form else "")
    except ValidationError:  # another window was faster
        return _ended(request)
    sign_in(request, user)
    return HttpResponseRedirect(_first_page(request, user))


@transaction.atomic
def _activate(request: HttpRequest, code: str, password: str) -> User:
    by = visitor(request)
    user = activate(site_of(request).tenant, Audience.ADMIN, code, by=by)
    if password:
        update_user(user, by=by, password=password)
    return user


def _ended(request: HttpRequest) -> HttpResponse:
    """Say that the link does nothing; but who clicks it a second time is simply led in."""
    if signed_in(request):
        return redirect("dashboard")
    return show_entry(request, "link_ended", {"purpose": Purpose.ACTIVATION.value}, status=404)


def _first_page(request: HttpRequest, user: User) -> str:
    """Lead the admin of an organisation to the wizard."""
    wizard = places.wizard() if user.is_admin and site_of(request).side is Side.ADMIN else ""
    return wizard or reverse("dashboard")
