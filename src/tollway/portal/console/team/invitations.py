"""Inviting people into the admin portal: sent with their rights, sent again, taken back."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts.models import TeamInvitation
from tollway.portal.accounts.selectors import team_invitations_of
from tollway.portal.accounts.services import (
    delete_team_invitation,
    invite_to_team,
    resend_team_invitation,
)
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.console.team.forms import InviteForm
from tollway.portal.console.team.navigation import settings_section
from tollway.portal.console.team.rights import in_words
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

SECTION = settings_section("team-invitations")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    listing = listed(
        request,
        team_invitations_of(site_of(request).tenant),
        sorts={"email": Lower("email"), "sent": "sent_at", "accepted": "accepted_at"},
        default="-sent",
        search=lambda rows, text: rows.filter(email__icontains=text),
    )
    rows = [(row, in_words(row)) for row in listing.page.object_list]
    return show(
        request, "console/team/invitations.html", SECTION, {"listing": listing, "rows": rows}
    )


@once
def new(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    form = InviteForm(tenant, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, email = actor_of(request), form.cleaned_data["email"]
        if form.attempt(lambda: invite_to_team(tenant, by=by, email=email, **form.rights())):
            tell(request, f"{email} is invited", "The link works once, for 7 days.")
            return redirect("team-invitations")
    status = 422 if form.is_bound else 200
    return show(request, "console/team/invite.html", SECTION, {"form": form}, status=status)


@require_POST
def resend(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invitation = _invitation(request, invitation_id)
    try:
        mail = resend_team_invitation(invitation, by=actor_of(request))
    except ValidationError as refusal:
        tell(request, "Nothing was sent", "; ".join(refusal.messages))
    else:
        if mail:
            tell(request, f"{invitation.email} is written to", "The link before has ended.")
        else:
            tell(request, "The last letter is less than a minute old", "Wait a little.")
    return redirect("team-invitations")


@require_POST
def delete(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invitation = _invitation(request, invitation_id)
    delete_team_invitation(invitation, by=actor_of(request))
    tell(request, f"The invitation of {invitation.email} is deleted")
    return redirect("team-invitations")


def _invitation(request: HttpRequest, pk: int) -> TeamInvitation:
    return team_invitations_of(site_of(request).tenant).get(pk=pk)
