"""Fields in a browser: put in order with the keys and by dragging, and back again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from portal.console.browsing import address

PATH = "/admin/fields_definitions?target=User"


def test_fields_are_moved_by_keys_and_dragged(admin_page: Page, port: int) -> None:
    page = admin_page
    page.goto(address(port, PATH))
    rows = page.locator("tr[data-position]")
    expect(rows.nth(2)).to_contain_text("First name")
    page.get_by_role("button", name="Move First name").press("ArrowDown")
    expect(rows.nth(3)).to_contain_text("First name")
    expect(page.get_by_role("button", name="Move First name")).to_be_focused()
    preview = page.get_by_role("region", name="As developers see them")
    expect(preview.locator("label").nth(3)).to_contain_text("First name")
    page.get_by_role("button", name="Move First name").drag_to(
        rows.nth(2), target_position={"x": 20, "y": 5}
    )
    expect(rows.nth(2)).to_contain_text("First name")
    expect(page.get_by_text("First name is field 3 now")).to_be_visible()
