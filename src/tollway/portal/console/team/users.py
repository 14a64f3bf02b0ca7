"""The users of the admin portal: who they are, what they may, whether they sign in (US6, US7).

Nobody changes their own role, suspends or deletes themselves here; an admin is always left.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts.models import User
from tollway.portal.accounts.selectors import admins_of
from tollway.portal.accounts.services import (
    USER_MOVES,
    change_role,
    change_user_state,
    delete_user,
    resend_activation,
    update_permissions,
    update_user,
)
from tollway.portal.console.pages import actor_of, user_of
from tollway.portal.console.saving import save, was
from tollway.portal.console.shell import show
from tollway.portal.console.team.forms import UserForm, user_values
from tollway.portal.console.team.navigation import settings_section
from tollway.portal.console.team.rights import in_words
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock
from tollway.portal.web.editing import Clash
from tollway.portal.web.listing import listed
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell

SECTION = settings_section("team")
SAID = {
    "activate": ("is active", "They can sign in."),
    "suspend": ("is suspended", "They are signed out, and their access tokens open nothing."),
    "unsuspend": ("is active again", "They can sign in."),
}
BACK = {"suspend": "unsuspend", "unsuspend": "suspend"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    listing = listed(
        request,
        admins_of(tenant),
        sorts={
            "name": Lower("username"),
            "email": Lower("email"),
            "role": "role",
            "created": "created_at",
        },
        default="name",
        search=_search,
    )
    rows = [(user, in_words(user), user == user_of(request)) for user in listing.page.object_list]
    context = {"listing": listing, "rows": rows, "most": tenant.max_users}
    return show(request, "console/team/users.html", SECTION, context)


def _search(users: QuerySet[User], text: str) -> QuerySet[User]:
    names = Q(first_name__icontains=text) | Q(last_name__icontains=text)
    return users.filter(Q(username__icontains=text) | Q(email__icontains=text) | names)


def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    user = _user(request, user_id)
    if user == user_of(request):  # one's own details have a page that asks for the password
        return redirect("personal")
    tenant = site_of(request).tenant
    if request.method != "POST":
        return _form(request, user, UserForm(tenant, initial=user_values(user)))
    form, by = UserForm(tenant, request.POST), actor_of(request)
    with transaction.atomic():
        lock(tenant)  # as whoever changes admins does, and first
        outcome = save(request, form, user, lambda: _change(user, form, by), values=user_values)
    if not outcome.saved:
        user = _user(request, user_id)
        return _form(request, user, form, clash=outcome.clash, status=outcome.status)
    user.refresh_from_db()
    tell(request, f"{user.username} is saved", f"In force at once: {in_words(user)}.")
    return redirect("team")


@transaction.atomic
def _change(user: User, form: UserForm, by: Actor) -> None:
    rights = form.rights()
    change_role(user, rights.pop("role"), by=by)
    update_permissions(user, by=by, **rights)
    update_user(user, by=by, **form.details())


@require_POST
def move(request: HttpRequest, user_id: int, event: str) -> HttpResponse:
    if event not in USER_MOVES:
        raise Http404
    user = _user(request, user_id)
    if user == user_of(request):
        tell(request, "Nothing was changed", "Another admin can suspend you.")
        return redirect("team")
    try:
        change_user_state(user, event, by=actor_of(request))
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
    else:
        back = BACK.get(event)
        undo = {"undo": reverse("team-user-state", args=[user.pk, back])} if back else {}
        said, detail = SAID[event]
        tell(request, f"{user.username} {said}", detail, **undo)
    return redirect("team")


@require_POST
def send_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Write to somebody who has never signed in once more."""
    user = _user(request, user_id)
    try:
        mail = resend_activation(user, by=actor_of(request))
    except ValidationError as refused:
        tell(request, "Nothing was sent", ". ".join(refused.messages))
    else:
        sent = (f"{user.email} is written to", "The link before has ended.")
        tell(request, *(sent if mail else ("The last letter is less than a minute old", "")))
    return redirect("team")


@require_POST
def delete(request: HttpRequest, user_id: int) -> HttpResponse:
    user = admins_of(site_of(request).tenant).filter(pk=user_id).first()
    if user is not None:  # else gone already, as was wanted
        name = user.username
        try:
            delete_user(user, by=actor_of(request))
        except ValidationError as refused:
            tell(request, f"{name} was not deleted", ". ".join(refused.messages))
        else:
            tell(request, f"{name} is deleted", "They are signed out.")
    return redirect("team")


def _user(request: HttpRequest, pk: int) -> User:
    user = admins_of(site_of(request).tenant).filter(pk=pk).first()
    if user is None:
        raise Http404
    return user


def _form(
    request: HttpRequest,
    user: User,
    form: UserForm,
    *,
    clash: Clash | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "user": user, "form": form, "clash": clash, "was": was(request, user_values(user), clash),
    }  # fmt: skip
    return show(request, "console/team/user.html", SECTION, context, status=status)
