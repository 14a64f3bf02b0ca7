"""The frame around every page: areas, the navigation within one, toasts.

Areas and items are data. An item whose page asks for a permission stays visible to those who lack
it: the page says who can give it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from msgspec import Struct

from tollway.portal.accounts.models import User
from tollway.portal.console.pages import user_of
from tollway.portal.console.switches import Switch, is_on
from tollway.portal.tenants.hosts import developer_host
from tollway.portal.web import toasts
from tollway.portal.web.site import Side, Site, site_of


class Area(Struct, frozen=True):
    title: str
    page: str  # the name of its URL
    icon: str


class Item(Struct, frozen=True):
    """``switch``: the tenant's, without which the page is not named."""

    title: str
    page: str
    icon: str
    switch: Switch | None = None


class Group(Struct, frozen=True):
    title: str
    items: tuple[Item, ...]


class Subject(Struct, frozen=True):
    """The product or backend that the side navigation is about; ``switch`` leads to the others."""

    kind: str
    name: str
    system_name: str
    switch: str


class Pending(Struct, frozen=True):
    """The bar that says what waits for promotion."""

    text: str
    detail: str
    url: str


class Section(Struct, frozen=True):
    """Where a page is: its area, and within it the side navigation with the current page's name.

    ``parts`` fill the addresses of the groups' items.
    """

    area: str
    item: str = ""
    groups: tuple[Group, ...] = ()
    parts: Mapping[str, Any] = {}
    subject: Subject | None = None
    pending: Pending | None = None


class Link(Struct, frozen=True):
    title: str
    url: str
    icon: str
    current: bool


class Links(Struct, frozen=True):
    title: str
    items: tuple[Link, ...]


class Shell(Struct, frozen=True):
    site: Site
    user: User
    developer_portal: str
    mailbox: str  # its address, where the portal has one for this user
    areas: tuple[Link, ...]
    groups: tuple[Links, ...]
    subject: Subject | None
    pending: Pending | None
    toasts: list[toasts.Toast]


AREAS = (
    Area("Dashboard", "dashboard", "layout-dashboard"),
    Area("Products", "products", "package"),
    Area("Backends", "backends", "server-2"),
    Area("Audience", "accounts", "users"),
    Area("Settings", "team", "settings"),
)


def show(
    request: HttpRequest,
    template: str,
    section: Section,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page of the admin portal within its frame."""
    shell = Shell(
        site=site_of(request),
        user=user_of(request),
        developer_portal=developer_portal(request),
        mailbox=_mailbox(request),
        areas=_links(AREAS, section.area, {}),
        groups=tuple(
            Links(group.title, _links(_used(request, group), section.item, section.parts))
            for group in section.groups
        ),
        subject=section.subject,
        pending=section.pending,
        toasts=toasts.take(request),
    )
    return render(request, template, {**(context or {}), "shell": shell}, status=status)


def developer_portal(request: HttpRequest) -> str:
    """Return the address of the tenant's other side; the operator's side has none."""
    site = site_of(request)
    if site.side is not Side.ADMIN:
        return ""
    _, colon, port = request.get_host().partition(":")
    return f"{request.scheme}://{developer_host(site.tenant)}{colon}{port}/"


def _mailbox(request: HttpRequest) -> str:
    return reverse("mailbox") if settings.TOLLWAY.mailbox and user_of(request).is_admin else ""


def _used(request: HttpRequest, group: Group) -> list[Item]:
    tenant = site_of(request).tenant
    return [item for item in group.items if is_on(tenant, item.switch)]


def _links(rows: Sequence[Area | Item], current: str, parts: Mapping[str, Any]) -> tuple[Link, ...]:
    return tuple(
        Link(row.title, reverse(row.page, kwargs=dict(parts)), row.icon, row.page == current)
        for row in rows
    )
