"""The navigation within the area of accounts and what belongs to them.

    show(request, "…/page.html", audience_section("accounts"), context)

A page that comes later adds its line to ``GROUPS``.
"""

from __future__ import annotations

from tollway.portal.console.shell import Group, Item, Section
from tollway.portal.console.switches import ACCOUNT_PLANS, SERVICE_PLANS

AREA = "accounts"  # the name of the page that the area opens with

GROUPS = (
    Group(
        "Accounts",
        (
            Item("Accounts", "accounts", "building"),
            Item("Applications", "applications", "app-window"),
            Item("Subscriptions", "subscriptions", "file-certificate", SERVICE_PLANS),
            Item("Account plans", "account-plans", "id-badge-2", ACCOUNT_PLANS),
            Item("Alerts", "alerts", "bell"),
            Item("Bulk operations", "bulk-runs", "list-check"),
        ),
    ),
    Group(
        "Developer portal",
        (
            Item("Brand", "brand", "palette"),
            Item("Legal terms", "legal-terms", "file-text"),
            Item("ActiveDocs", "api-documents", "book"),
            Item("Sign-up rules", "usage-rules", "user-check"),
            Item("Fields", "fields-definitions", "forms"),
            Item("Feature switches", "switches", "toggle-right"),
            Item("E-mail addresses", "addresses", "mail"),
            Item("Domains & access", "domains", "world"),
        ),
    ),
)


def audience_section(item: str) -> Section:
    """Return the frame of such a page. ``item`` is the name of the page in the navigation."""
    return Section(area=AREA, item=item, groups=GROUPS)
