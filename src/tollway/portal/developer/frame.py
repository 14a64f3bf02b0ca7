"""The frame around every page of the developers' side. All that a template sees is plain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from msgspec import Struct

from tollway.portal.apidocs.selectors import published_of
from tollway.portal.developer.offers import offered_plans_of
from tollway.portal.developer.pages import present
from tollway.portal.developer.theme import Look, look_of
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.web import toasts
from tollway.portal.web.sessions import Developer
from tollway.portal.web.site import site_of
from tollway.portal.web.throttle import Attempt


class Link(Struct, frozen=True):
    title: str
    url: str
    current: bool


class Person(Struct, frozen=True):
    username: str
    email: str
    account: str


class Acting(Struct, frozen=True):
    """Support's visit: who acts, as whom, and until when (seconds since the epoch)."""

    admin: str
    username: str
    account: str
    ends_at: int


class Frame(Struct, frozen=True):
    """``person`` and ``acting`` are None where nobody is signed in, or nobody acts.

    ``links`` are the navigation's, ``own`` those of the menu behind the person's name.
    """

    organisation: str
    host: str
    person: Person | None
    acting: Acting | None
    links: tuple[Link, ...]
    own: tuple[Link, ...]
    toasts: tuple[toasts.Toast, ...]
    signs_up: bool  # whether visitors may
    look: Look


class _Place(Struct, frozen=True):
    """A page of the navigation, for whom ``seen`` says."""

    title: str
    name: str
    seen: Callable[[Tenant, Developer | None], bool]


def _signed_in(_: Tenant, developer: Developer | None) -> bool:
    return developer is not None


def _has_account_area(tenant: Tenant, developer: Developer | None) -> bool:
    return developer is not None and tenant.settings.useraccountarea_enabled


def _subscribes(tenant: Tenant, developer: Developer | None) -> bool:
    return developer is not None and tenant.settings.service_plans_ui_visible


def _has_plans(tenant: Tenant, _: Developer | None) -> bool:
    return offered_plans_of(tenant).exists()


def _has_documents(tenant: Tenant, _: Developer | None) -> bool:
    return published_of(tenant).exists()


_LINKS = (
    _Place("Dashboard", "developer-dashboard", _signed_in),
    _Place("Applications", "developer-applications", _signed_in),
    _Place("Subscriptions", "developer-services", _subscribes),
    _Place("API reference", "developer-docs", _has_documents),
    _Place("Usage", "developer-usage", _signed_in),
    _Place("Alerts", "developer-alerts", _signed_in),
    _Place("Plans", "developer-plans", _has_plans),
)
_OWN = (
    _Place("Account", "developer-account", _has_account_area),
    _Place("Users", "developer-team", _has_account_area),
    _Place("Your details", "developer-details", _signed_in),
)


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    item: str = "",
    status: int = 200,
    wait: Attempt | None = None,
) -> HttpResponse:
    """Render ``developer/{template}.html``; ``item`` is the current page's name in the navigation.

    The status is 429 if there is a try that has to ``wait``.
    """
    site, developer = site_of(request), present(request)
    frame = Frame(
        organisation=site.tenant.org_name,
        host=site.host,
        person=_person(developer),
        acting=_acting(developer),
        links=_links(_LINKS, site.tenant, developer, item),
        own=_links(_OWN, site.tenant, developer, item),
        toasts=tuple(toasts.take(request)),
        signs_up=sign_up_is_open(site.tenant),
        look=look_of(site.tenant),
    )
    page, values = f"developer/{template}.html", {**(context or {}), "portal": frame}
    response = render(request, page, values, status=429 if wait else status)
    if wait:
        response["Retry-After"] = str(wait.wait_s)
    return response


def sign_up_is_open(tenant: Tenant) -> bool:
    """Say whether developers may sign up themselves: it takes a plan for their accounts, too."""
    return tenant.settings.signups_enabled and default_account_plan_of(tenant) is not None


def _links(
    places: tuple[_Place, ...], tenant: Tenant, developer: Developer | None, item: str
) -> tuple[Link, ...]:
    return tuple(
        Link(place.title, reverse(place.name), place.name == item)
        for place in places
        if place.seen(tenant, developer)
    )


def _person(developer: Developer | None) -> Person | None:
    if developer is None:
        return None
    user = developer.user
    return Person(user.username, user.email, developer.account.org_name)


def _acting(developer: Developer | None) -> Acting | None:
    if developer is None or developer.visit is None:
        return None
    visit = developer.visit
    ends_at = int(visit.ends_at.timestamp())
    who = developer.user.username
    return Acting(visit.admin.username, who, developer.account.org_name, ends_at)
