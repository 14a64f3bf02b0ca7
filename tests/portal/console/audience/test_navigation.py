"""The navigation of the area of accounts: every item has its page."""

from __future__ import annotations

from django.urls import reverse

from tollway.portal.console.audience.navigation import AREA, GROUPS, audience_section


def test_every_item_leads_to_a_page() -> None:
    assert audience_section("accounts").area == AREA
    assert all(reverse(item.page) for group in GROUPS for item in group.items)
