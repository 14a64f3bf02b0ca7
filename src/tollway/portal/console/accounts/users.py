"""The users of an account: who they are, what they may, and whether they may sign in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, User
from tollway.portal.accounts.services import (
    USER_MOVES,
    change_role,
    change_user_state,
    delete_user,
    update_user,
)
from tollway.portal.console.accounts.finding import account_or_404
from tollway.portal.console.accounts.forms import UserForm, user_values
from tollway.portal.console.accounts.index import SECTION
from tollway.portal.console.pages import actor_of
from tollway.portal.console.saving import Edit, edited
from tollway.portal.console.shell import show
from tollway.portal.events.actors import Actor
from tollway.portal.web.listing import listed
from tollway.portal.web.toasts import tell

SAID = {
    "activate": "is active: they can sign in",
    "suspend": "is suspended: they cannot sign in",
    "unsuspend": "is active again",
}
BACK = {"suspend": "unsuspend", "unsuspend": "suspend"}


@require_safe
def index(request: HttpRequest, account_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    listing = listed(
        request,
        selectors.users_of(account.tenant, account),
        sorts={"name": Lower("username"), "email": "email", "created": "created_at"},
        default="created",
        search=lambda rows, text: rows.filter(
            Q(username__icontains=text) | Q(email__icontains=text)
        ),
    )
    context = {"account": account, "listing": listing}
    return show(request, "console/accounts/users.html", SECTION, context)


def user_or_404(account: Account, user_id: int) -> User:
    user = selectors.users_of(account.tenant, account).filter(pk=user_id).first()
    if user is None:
        raise Http404
    return user


def edit(request: HttpRequest, account_id: int, user_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    by = actor_of(request)

    def page(user: User, context: Mapping[str, Any], status: int) -> HttpResponse:
        context = {"account": account, "user": user, **context}
        return show(request, "console/accounts/user.html", SECTION, context, status=status)

    def done(user: User) -> HttpResponse:
        tell(request, f"{user.username} is saved")
        return redirect("account-users", account_id=account.pk)

    editing = Edit(
        form=partial(UserForm, account.tenant),
        values=user_values,
        act=lambda user, form: _change(user, form.given(), by),
        page=page,
        done=done,
    )
    return edited(request, user_or_404(account, user_id), editing)


@transaction.atomic
def _change(user: User, given: dict[str, Any], by: Actor) -> None:
    change_role(user, given.pop("role"), by=by)
    update_user(user, by=by, **given)


@require_POST
def move(request: HttpRequest, account_id: int, user_id: int, event: str) -> HttpResponse:
    if event not in USER_MOVES:
        raise Http404
    account = account_or_404(request, account_id)
    user = user_or_404(account, user_id)
    try:
        change_user_state(user, event, by=actor_of(request))
    except ValidationError as refused:
        tell(request, "Nothing was changed", ". ".join(refused.messages))
    else:
        undo = {}
        if event in BACK:
            undo = {"undo": request.path.replace(f"/{event}", f"/{BACK[event]}")}
        tell(request, f"{user.username} {SAID[event]}", **undo)
    return redirect("account-users", account_id=account.pk)


@require_POST
def delete(request: HttpRequest, account_id: int, user_id: int) -> HttpResponse:
    account = account_or_404(request, account_id)
    user = selectors.users_of(account.tenant, account).filter(pk=user_id).first()
    if user is not None:  # else gone already, as was wanted
        name = user.username
        try:
            delete_user(user, by=actor_of(request))
        except ValidationError as refused:
            tell(request, f"{name} was not deleted", ". ".join(refused.messages))
        else:
            tell(request, f"{name} is deleted")
    return redirect("account-users", account_id=account.pk)
