"""Feature switches: parts that a tenant uses or does without (feature map, SE6 and SE7).

A switch is set to a state, not turned around: who switches on what is on already changes nothing,
and is told who did it.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from tollway.portal.accounts.selectors import admins_of
from tollway.portal.accounts.services import update_settings
from tollway.portal.catalog.selectors import products_of
from tollway.portal.console.audience.navigation import audience_section
from tollway.portal.console.pages import actor_of
from tollway.portal.console.shell import show
from tollway.portal.events.selectors import events_of
from tollway.portal.fields import lock
from tollway.portal.tenants.models import Tenant, TenantSettings
from tollway.portal.web.editing import author_of
from tollway.portal.web.site import site_of
from tollway.portal.web.toasts import tell


class Switch(Struct, frozen=True):
    """``on`` and ``off`` say what it means to be so; ``where`` it shows."""

    title: str
    on: str
    off: str
    where: str


# By the columns of the tenant's settings.
SWITCHES: Mapping[str, Switch] = {
    "multiple_applications": Switch(
        "Several applications per account",
        "An account may have any number of applications.",
        "An account has one application: a second is refused. Those that have more keep them.",
        "New applications, here, in the developer portal and in the API",
    ),
    "multiple_users": Switch(
        "Several users per account",
        "People are invited into an account, by you or by its admins.",
        "Nobody is invited into an account. Who is in already stays.",
        "Invitations, here and in the developer portal",
    ),
    "useraccountarea_enabled": Switch(
        "Account pages for developers",
        "Developers see and change their account and its users.",
        "The developer portal has no pages about the account and its users.",
        "Developer portal",
    ),
    "account_plans_ui_visible": Switch(
        "Account plans",
        "Accounts may be on different plans: what an account costs, and what it may.",
        "Account plans are not shown, and new accounts are on the default plan.",
        "Audience > Account plans, and the page of an account",
    ),
    "service_plans_ui_visible": Switch(
        "Service plans",
        "Accounts subscribe to each product on a plan of its own.",
        "Service plans are not shown, and subscriptions are on the default plans.",
        "Service plans of a product, and subscriptions",
    ),
    "strong_passwords_enabled": Switch(
        "Strong passwords",
        "A new password has at least 15 characters.",
        "A new password has at least 6 characters.",
        "Wherever a password is chosen, in both portals. Present ones go on working",
    ),
}


class Row(Struct, frozen=True):
    column: str
    switch: Switch
    is_on: bool


class Allowed(Struct, frozen=True):
    """How many there are of something, and may be; None: any number."""

    title: str
    count: int
    most: int | None


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    tenant = site_of(request).tenant
    settings = TenantSettings.objects.get(tenant=tenant)
    context = {
        "rows": [Row(name, each, getattr(settings, name)) for name, each in SWITCHES.items()],
        "allowed": [
            Allowed("Products", products_of(tenant).count(), tenant.max_services),
            Allowed("Users of the admin portal", admins_of(tenant).count(), tenant.max_users),
        ],
    }
    section = audience_section("switches")
    return show(request, "console/rules/switches.html", section, context)


@require_POST
def turn(request: HttpRequest, column: str) -> HttpResponse:
    """Set a switch: on for the field ``on`` with anything in it, else off."""
    if column not in SWITCHES:
        raise Http404
    tenant, wanted = site_of(request).tenant, bool(request.POST.get("on"))
    switch, state = SWITCHES[column], "on" if wanted else "off"
    with transaction.atomic():
        settings = TenantSettings.objects.get(tenant=tenant)
        lock(settings)
        changes = getattr(settings, column) != wanted
        if changes:
            update_settings(tenant, by=actor_of(request), **{column: wanted})
    if changes:
        back = {"undo": reverse("switch", args=[column]), "on": "" if wanted else "1"}
        tell(request, f"{switch.title}: {state}", switch.on if wanted else switch.off, **back)
    else:
        tell(request, f"{switch.title}: {state} already", _by_whom(request, tenant, column))
    return redirect("switches")


def _by_whom(request: HttpRequest, tenant: Tenant, column: str) -> str:
    """Say who made the last change of a switch, as far as the log knows."""
    events = events_of(tenant).filter(kind="settings.updated", after__has_key=column)
    event = events.last()
    return f"{author_of(request, event).rstrip(',')} did that before you." if event else ""
