"""The navigation within the area of accounts and what belongs to them.

    show(request, "…/page.html", audience_section("accounts"), context)

A page that comes later adds its line to ``GROUPS``.
"""

from __future__ import annotations

from tollway.portal.console.shell import Group, Item, Section

AREA = "accounts"  # the name of the page that the area opens with

GROUPS = (
    Group(
        "Accounts",
        (
            Item("Accounts", "accounts", "building"),
            Item("Applications", "applications", "app-window"),
            Item("Alerts", "alerts", "bell"),
        ),
    ),
    Group(
        "Developer portal",
        (
            Item("Sign-up rules", "usage-rules", "user-check"),
            Item("Domains & access", "domains", "world"),
        ),
    ),
)


def audience_section(item: str) -> Section:
    """Return the frame of such a page. ``item`` is the name of the page in the navigation."""
    return Section(area=AREA, item=item, groups=GROUPS)
