"""The users of a developer's account, and the invitations into it (feature map, DP16 and DP17)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Invitation, User
from tollway.portal.accounts.services import (
    change_role,
    delete_invitation,
    delete_user,
    invite,
    resend_invitation,
)
from tollway.portal.developer.account import for_admins, in_account_area
from tollway.portal.developer.fields import shown
from tollway.portal.developer.frame import show
from tollway.portal.developer.lists import plain
from tollway.portal.developer.pages import actor_of, developer_of
from tollway.portal.web.entry import attempt
from tollway.portal.web.forms import PageForm
from tollway.portal.web.listing import listed
from tollway.portal.web.once import once
from tollway.portal.web.people_fields import email_field
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import LETTER
from tollway.portal.web.toasts import tell

_TONES = {"active": "go", "pending": "wait", "suspended": "stop"}
_INVITATIONS_MAX = 50  # shown at a time


class InviteForm(PageForm):
    email = email_field("Whoever has the link chooses a user name and a password.")


class Mate(Struct, frozen=True):
    """A user of the account. ``is_me``: who looks."""

    id: int
    username: str
    email: str
    role: str
    is_admin: bool
    state: str
    tone: str
    is_me: bool


class Invited(Struct, frozen=True):
    id: int
    email: str
    sent_at: int
    ends_at: int


@require_safe
@in_account_area
def index(request: HttpRequest) -> HttpResponse:
    """List the users, and for admins the invitations that nobody has accepted yet."""
    tenant, developer = site_of(request).tenant, developer_of(request)
    listing = listed(
        request,
        selectors.users_of(tenant, developer.account),
        sorts={"name": Lower("username"), "email": Lower("email"), "created": "created_at"},
        default="created",
        search=lambda rows, text: rows.filter(
            Q(username__icontains=text) | Q(email__icontains=text)
        ),
    )
    me = developer.user
    context = {
        "team": plain(
            listing, lambda user: _mate(user, me), {"name": "User name", "email": "E-mail"}
        ),
        "invited": _open(request) if me.is_admin else (),
        "may_invite": me.is_admin and tenant.settings.multiple_users,
        "is_admin": me.is_admin,
        "account": developer.account.org_name,
    }
    return show(request, "team", context, item="developer-team")


@in_account_area
@for_admins
@once
def new_invitation(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST writes to an address."""
    tenant, account = site_of(request).tenant, developer_of(request).account
    if not tenant.settings.multiple_users:
        raise Http404
    form, wait = InviteForm(request.POST if request.method == "POST" else None), None
    if form.is_bound and form.is_valid():
        by, email = actor_of(request), form.cleaned_data["email"]
        trial = attempt(request, LETTER, f"invitations of {account.pk}")
        if trial.refusal:
            form.add_error("email", trial.refusal)
            wait = trial
        elif form.attempt(lambda: invite(account, by=by, email=email)):
            tell(request, f"{email} is invited", "The link works once, for 7 days.")
            return redirect("developer-team")
    context = {
        "fields": shown(form),
        "errors": tuple(str(error) for error in form.non_field_errors()),
        "account": account.org_name,
    }
    status = 422 if form.is_bound else 200
    return show(request, "invite", context, item="developer-team", status=status, wait=wait)


@require_POST
@in_account_area
@for_admins
def resend(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invitation = _invitation(request, invitation_id)
    try:
        mail = resend_invitation(invitation, by=actor_of(request))
    except ValidationError as refusal:
        tell(request, "Nothing was sent", "; ".join(refusal.messages))
    else:
        if mail:
            tell(request, f"{invitation.email} is written to", "The link before has ended.")
        else:
            tell(request, "The last letter is less than a minute old", "Wait a little.")
    return redirect("developer-team")


@require_POST
@in_account_area
@for_admins
def take_back(request: HttpRequest, invitation_id: int) -> HttpResponse:
    invitation = _invitation(request, invitation_id)
    delete_invitation(invitation, by=actor_of(request))
    tell(request, f"The invitation of {invitation.email} is deleted", "Its link has ended.")
    return redirect("developer-team")


@require_POST
@in_account_area
@for_admins
def role(request: HttpRequest, user_id: int) -> HttpResponse:
    """Make somebody an admin or a member; the last admin stays one."""
    user, wanted = _user(request, user_id), request.POST.get("role", "")
    if wanted not in User.Role.values:
        raise Http404
    try:
        change_role(user, wanted, by=actor_of(request))
    except ValidationError as refusal:
        tell(request, "Nothing was changed", _words(refusal))
    else:
        undo = User.Role.MEMBER if wanted == User.Role.ADMIN else User.Role.ADMIN
        said = f"{user.username} is {'an admin' if wanted == User.Role.ADMIN else 'a member'} now"
        if user.pk == developer_of(request).user.pk:
            tell(request, said)  # who is none any more cannot undo it
        else:
            tell(request, said, undo=request.path, role=str(undo))
    return redirect("developer-team")


@require_POST
@in_account_area
@for_admins
def remove(request: HttpRequest, user_id: int) -> HttpResponse:
    user = _user(request, user_id)
    name = user.username
    try:
        delete_user(user, by=actor_of(request))
    except ValidationError as refusal:
        tell(request, f"{name} was not removed", _words(refusal))
    else:
        tell(request, f"{name} is removed", "Their sessions have ended.")
    return redirect("developer-team")


def _mate(user: User, me: User) -> Mate:
    return Mate(
        user.pk,
        user.username,
        user.email,
        str(User.Role(user.role).label),
        user.is_admin,
        str(User.State(user.state).label),
        _TONES[user.state],
        user.pk == me.pk,
    )


def _open(request: HttpRequest) -> tuple[Invited, ...]:
    tenant, account = site_of(request).tenant, developer_of(request).account
    rows = selectors.invitations_of(tenant, account).filter(accepted_at__isnull=True)
    return tuple(
        Invited(row.pk, row.email, int(row.sent_at.timestamp()), int(row.expires_at.timestamp()))
        for row in rows.order_by("-sent_at")[:_INVITATIONS_MAX]
    )


def _invitation(request: HttpRequest, pk: int) -> Invitation:
    tenant, account = site_of(request).tenant, developer_of(request).account
    return selectors.invitations_of(tenant, account).get(pk=pk, accepted_at__isnull=True)


def _user(request: HttpRequest, pk: int) -> User:
    tenant, account = site_of(request).tenant, developer_of(request).account
    return selectors.users_of(tenant, account).get(pk=pk)


def _words(refusal: ValidationError) -> str:
    messages = refusal.messages
    return ". ".join(f"{text[:1].upper()}{text[1:]}" for text in messages)
