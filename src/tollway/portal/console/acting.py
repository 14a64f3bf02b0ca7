"""Acting as a developer: an admin's way from an account to the developers' side.

The other side has another host, and its session is its own. A token takes the admin over, in the
body of a form that this page shows: the browser keeps no address with it, and nobody has to trust
a script. The page says what will be seen by whom before anything begins.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tollway.portal.accounts.models import User
from tollway.portal.accounts.selectors import accounts_of
from tollway.portal.accounts.services import act_as
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of, page, user_of
from tollway.portal.console.shell import developer_portal, show
from tollway.portal.web.headers import CONTENT_SECURITY_POLICY
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


@require_POST
def hand_over(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the button that takes the admin over. A refusal is told on the list of accounts."""
    account = accounts_of(site_of(request).tenant).get(pk=account_id)
    there = developer_portal(request)
    try:
        made = act_as(account, user_of(request), by=actor_of(request))
    except ValidationError as refusal:
        tell(request, "You cannot act for this account", "; ".join(refusal.messages))
        return redirect("accounts")
    context = {
        "account": account,
        "developer": made.visit.developer,
        "target": f"{there}act_as",
        "token": made.token,
    }
    response = show(request, "console/acting.html", audience_section("accounts"), context)
    allowed = f"form-action 'self' {there}"
    policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", allowed)
    response["Content-Security-Policy"] = policy
    return response


routes = [
    page(
        "buyers/accounts/<int:account_id>/act_as",
        hand_over,
        name="account-act-as",
        section=User.Section.PARTNERS,
    ),
]
