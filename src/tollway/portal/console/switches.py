"""Parts of the portal that a tenant switches on: off, navigation does not name them.

    page("buyers/account_plans", only_with(ACCOUNT_PLANS, view), name=…, section=…)

Whoever comes to the page of a part that is off is told what it is, and who can switch it on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from msgspec import Struct

from tollway.portal.accounts import selectors as accounts
from tollway.portal.accounts.models import User
from tollway.portal.console.pages import user_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.site import site_of


class Switch(Struct, frozen=True):
    """``column`` of the tenant's settings says whether it is on."""

    column: str
    title: str
    text: str


ACCOUNT_PLANS = Switch(
    "account_plans_ui_visible",
    "Account plans",
    "They say what an account costs. While they are off, every account is on the default one.",
)
SERVICE_PLANS = Switch(
    "service_plans_ui_visible",
    "Service plans and subscriptions",
    "They say on what terms an account subscribes to a product. While they are off, accounts are"
    " subscribed on the default ones, unasked.",
)


def is_on(tenant: Tenant, switch: Switch | None) -> bool:
    """Say whether a tenant uses a part; what no switch turns off is always used."""
    return switch is None or bool(getattr(tenant.settings, switch.column))


def only_with(switch: Switch, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view answer while the switch is on. It carries it as ``switch``."""

    @wraps(view)
    def switched(request: HttpRequest, **parts: Any) -> HttpResponse:  # noqa: ANN401  (the route's)
        if is_on(site_of(request).tenant, switch):
            return view(request, **parts)
        return _off(request, switch)

    switched.switch = switch  # type: ignore[attr-defined]
    return switched


def switch_of(view: Callable[..., object]) -> Switch | None:
    return getattr(view, "switch", None)


def _off(request: HttpRequest, switch: Switch) -> HttpResponse:
    found = accounts.admins_of(site_of(request).tenant)
    admins = found.filter(role=User.Role.ADMIN, state=User.State.ACTIVE)
    context = {
        "switch": switch,
        "may": user_of(request).permitted(User.Section.SETTINGS),
        "admins": list(admins.values_list("username", flat=True)[:3]),
    }
    return render(request, "console/switched_off.html", context, status=404)
