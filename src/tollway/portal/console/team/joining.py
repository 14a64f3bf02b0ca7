"""Accepting an invitation into the admin portal: a user name and a password are chosen."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from tollway.portal.accounts.models import User
from tollway.portal.accounts.selectors import team_invitation_by_value
from tollway.portal.accounts.services import join_team
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.console.team.forms import JoinForm
from tollway.portal.web.entry import visitor
from tollway.portal.web.once import once
from tollway.portal.web.sessions import sign_in, signed_in
from tollway.portal.web.site import site_of


@sensitive_post_parameters("password")
@sensitive_variables("code")
@once
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show who invites; a POST makes the user and signs them in."""
    tenant = site_of(request).tenant
    invitation = team_invitation_by_value(tenant, code)
    if invitation is None:
        return _ended(request)
    form, user = JoinForm(tenant, request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            user = _joined(request, code, form)
        except ValidationError:  # another window was faster
            return _ended(request)
    if user is None:
        context = {"form": form, "email": invitation.email}
        return show_entry(request, "join", context, status=422 if form.is_bound else 200)
    sign_in(request, user)
    return redirect("dashboard")


def _joined(request: HttpRequest, code: str, form: JoinForm) -> User | None:
    tenant, by = site_of(request).tenant, visitor(request)
    try:
        return join_team(tenant, code, by=by, **form.given())
    except ValidationError as refusal:
        if "token" in refusal.message_dict:
            raise
        form.refuse(refusal)
        return None


def _ended(request: HttpRequest) -> HttpResponse:
    """Say that the link does nothing; but who clicks it a second time is simply led in."""
    if signed_in(request):
        return redirect("dashboard")
    return show_entry(request, "link_ended", {"purpose": "invitation"}, status=404)
