"""The invitations into an account: sent, sent again, taken back (feature map, US5)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Expression
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, Invitation, User
from tollway.portal.accounts.services import delete_invitation, invite, resend_invitation
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, page
from tollway.portal.console.shell import show
from tollway.portal.web.forms import PageForm
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import email_field
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

_SORTS: dict[str, str | Expression] = {
    "email": Lower("email"),
    "sent": "sent_at",
    "accepted": "accepted_at",
}


class InviteForm(PageForm):
    email = email_field("Whoever has the link chooses a user name and a password.")


@once
def index(request: HttpRequest, account_id: int) -> HttpResponse:
    """List the invitations, and send one more."""
    account = _account(request, account_id)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by, email = actor_of(request), form.cleaned_data["email"]
        if form.attempt(lambda: invite(account, by=by, email=email)):
            tell(request, f"{email} is invited", "The link works once, for 7 days.")
            return redirect("account-invitations", account_id=account.pk)
    invitations = listed(
        request,
        selectors.invitations_of(account.tenant, account),
        sorts=_SORTS,
        default="-sent",
        search=lambda rows, text: rows.filter(email__icontains=text),
    )
    context = {
        "account": account,
        "form": form,
        "listing": invitations,
        "one_user": not account.tenant.settings.multiple_users,
    }
    status = 422 if form.is_bound else 200
    section = audience_section("accounts")
    return show(request, "console/invitations.html", section, context, status=status)


@require_POST
def resend(request: HttpRequest, account_id: int, invitation_id: int) -> HttpResponse:
    account = _account(request, account_id)
    invitation = _invitation(account, invitation_id)
    try:
        mail = resend_invitation(invitation, by=actor_of(request))
    except ValidationError as refusal:
        tell(request, "Nothing was sent", "; ".join(refusal.messages))
    else:
        if mail:
            tell(request, f"{invitation.email} is written to", "The link before has ended.")
        else:
            tell(request, "The last letter is less than a minute old", "Wait a little.")
    return redirect("account-invitations", account_id=account.pk)


@require_POST
def delete(request: HttpRequest, account_id: int, invitation_id: int) -> HttpResponse:
    account = _account(request, account_id)
    invitation = _invitation(account, invitation_id)
    delete_invitation(invitation, by=actor_of(request))
    tell(request, f"The invitation of {invitation.email} is deleted")
    return redirect("account-invitations", account_id=account.pk)


def _account(request: HttpRequest, pk: int) -> Account:
    return selectors.accounts_of(site_of(request).tenant).get(pk=pk)


def _invitation(account: Account, pk: int) -> Invitation:
    return selectors.invitations_of(account.tenant, account).get(pk=pk)


_AT = "buyers/accounts/<int:account_id>/invitations"
_WHO = User.Section.PARTNERS

routes = [
    page(_AT, index, name="account-invitations", section=_WHO),
    page(f"{_AT}/<int:invitation_id>/resend", resend, name="invitation-resend", section=_WHO),
    page(f"{_AT}/<int:invitation_id>/delete", delete, name="invitation-delete", section=_WHO),
]
