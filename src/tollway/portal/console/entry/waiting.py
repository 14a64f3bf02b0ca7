"""Who has an account and has not activated it: what to do, and the mail once more.

The browser in which somebody signed up, or gave the right password of such an account, remembers
whose it is. Nobody else is told that there is one.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import resend_activation
from tollway.portal.console import mailbox
from tollway.portal.console.entry.visiting import show_entry
from tollway.portal.tenants.hosts import admin_url
from tollway.portal.web.entry import attempt, visitor
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import LETTER

TOLD = {
    "sent": "The mail is on its way once more. The link in the one before ends.",
    "soon": "The last mail is less than a minute old. Give it a moment.",
}
_SESSION = "waiting"


def keep(request: HttpRequest, user: User) -> None:
    """Remember in this browser's session, under a new key, who is to activate themselves."""
    request.session.cycle_key()
    request.session[_SESSION] = {"site": site_of(request).key, "user": user.pk}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _page(request, kept(request), told=TOLD.get(request.GET.get("mail", ""), ""))


@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    user = kept(request)
    if user is None or user.state != User.State.PENDING:
        return redirect("waiting")
    trial = attempt(request, LETTER, f"user {user.pk}")
    if trial.refusal:
        return show_entry(request, "waiting", _context(request, user, trial.refusal), wait=trial)
    try:
        mail = resend_activation(user, by=visitor(request))
    except ValidationError:  # activated in this moment
        return redirect("waiting")
    if mail is not None:
        mailbox.remember(request, mail)
    return HttpResponseRedirect(f"{reverse('waiting')}?mail={'sent' if mail else 'soon'}")


def kept(request: HttpRequest) -> User | None:
    """Return whom ``keep`` remembered on this site."""
    known = request.session.get(_SESSION, {})
    if known.get("site") != site_of(request).key:
        return None
    return User.objects.select_related("tenant").filter(pk=known["user"]).first()


def _page(request: HttpRequest, user: User | None, *, told: str) -> HttpResponse:
    return show_entry(request, "waiting", _context(request, user, told))


def _context(request: HttpRequest, user: User | None, told: str) -> dict[str, object]:
    return {
        "user": user,
        "told": told,
        "waits": user is not None and user.state == User.State.PENDING,
        "letter": mailbox.newest_of_visitor(request),
        "sign_in": admin_url(user.tenant, reverse("sign-in")) if user else "",
    }
