"""The navigation within the settings of the organisation itself."""

from __future__ import annotations

from tollway.portal.console.shell import Group, Item, Section

AREA = "team"  # the name of the page that the area opens with

GROUPS = (
    Group(
        "People",
        (
            Item("Users", "team", "users"),
            Item("Invitations", "team-invitations", "mail"),
        ),
    ),
    Group("Organisation", (Item("Name and currency", "organisation", "building"),)),
    Group(
        "Integrate",
        (
            Item("Account Management API", "api-docs", "api"),
            Item("Service Management API", "authority-docs", "shield-check"),
        ),
    ),
)


def settings_section(item: str) -> Section:
    """Return the frame of such a page. ``item`` is the name of the page in the navigation."""
    return Section(area=AREA, item=item, groups=GROUPS)
