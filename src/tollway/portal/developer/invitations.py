"""Accepting an invitation: whoever has its link chooses a user name and a password."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from tollway.portal.accounts.fields_definitions import Target
from tollway.portal.accounts.models import Invitation, User
from tollway.portal.accounts.selectors import invitation_by_value
from tollway.portal.accounts.services import accept_invitation
from tollway.portal.accounts.signup import password_length_min
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.entry import visitor
from tollway.portal.web.forms import PageForm
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import (
    NewPasswordField,
    asked_of_newcomers,
    defined_fields,
    label_as_defined,
    username_field,
    with_extra_fields,
)
from tollway.portal.web.sessions import sign_in
from tollway.portal.web.site import site_of


class JoinForm(PageForm):
    """``tenant`` may ask for further fields of users."""

    username = username_field()

    def __init__(self, tenant: Tenant, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        definitions = asked_of_newcomers(tenant)
        label_as_defined(self, definitions)
        self._defined = defined_fields(definitions, without={"username", "email", "password"})
        self.fields |= self._defined
        self.fields["password"] = NewPasswordField("Password", least=password_length_min(tenant))

    def given(self) -> dict[str, Any]:
        """Return the values as ``accept_invitation`` takes them."""
        return with_extra_fields(Target.USER, self.cleaned_data, self._defined)


@sensitive_post_parameters("password")
@sensitive_variables("code")
@once
def accept(request: HttpRequest, code: str) -> HttpResponse:
    """Show who invites; a POST makes the user and signs them in."""
    tenant = site_of(request).tenant
    invitation = invitation_by_value(tenant, code)
    if invitation is None:
        return show(request, "link_ended", {"acting": False}, status=404)
    form = JoinForm(tenant, request.POST if request.method == "POST" else None)
    user = None
    if request.method == "POST" and form.is_valid():
        try:
            user = _accept(request, code, form)
        except ValidationError:  # another window was faster
            return show(request, "link_ended", {"acting": False}, status=404)
    if user is None:
        return _form(request, form, invitation)
    sign_in(request, user)
    return redirect("developer-dashboard")


def _accept(request: HttpRequest, code: str, form: JoinForm) -> User | None:
    tenant, by = site_of(request).tenant, visitor(request)
    try:
        return accept_invitation(tenant, code, by=by, **form.given())
    except ValidationError as refusal:
        if "token" in refusal.message_dict:
            raise
        form.refuse(refusal)
        return None


def _form(request: HttpRequest, form: JoinForm, invitation: Invitation) -> HttpResponse:
    context = {
        "account": invitation.account.org_name,
        "email": invitation.email,
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
    }
    return show(request, "join", context, status=422 if form.is_bound else 200)
