"""The table of a plan in a real browser: a cell is typed into, told of, and taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.console.browsing import address, type_where_it_stands

PLAN = "/apiconfig/application_plans/1/edit"
NONE = "∞"


@pytest.fixture
def table(admin_page: Page, port: int) -> Iterator[Page]:
    """Acme's plan, open in the browser; it limits nothing, before and after."""
    admin_page.goto(address(port, PLAN))
    expect(cell(admin_page)).to_have_text(NONE)
    yield admin_page
    expect(cell(admin_page)).to_have_text(NONE)


def cell(page: Page) -> Locator:
    return page.get_by_role("button", name="Hits per week").first


def toast(page: Page, text: str) -> Locator:
    return page.locator("[data-toast]").filter(has_text=text)


def test_a_limit_is_typed_kept_and_taken_back(table: Page) -> None:
    cell(table).click()
    type_where_it_stands(table, "1200")
    table.keyboard.press("Enter")
    expect(cell(table)).to_have_text("1,200")
    expect(cell(table)).to_be_focused()
    said = toast(table, "Hits per week is now 1,200")
    expect(said).to_contain_text("In force within a second. It was unlimited.")

    table.reload()
    expect(cell(table)).to_have_text("1,200")
    cell(table).click()
    type_where_it_stands(table, "7")
    table.keyboard.press("Enter")
    toast(table, "is now 7").get_by_role("button", name="Undo").click()
    expect(cell(table)).to_have_text("1,200")
    expect(toast(table, "is now 7")).to_have_count(0)

    cell(table).click()
    type_where_it_stands(table, " ")
    table.keyboard.press("Enter")
    expect(toast(table, f"Hits per week is now {NONE}")).to_be_visible()


def test_what_makes_no_sense_is_said_at_the_cell_and_escape_leaves_it(table: Page) -> None:
    cell(table).click()
    type_where_it_stands(table, "a few")
    table.keyboard.press("Enter")
    field = table.get_by_role("textbox", name="Hits per week").first
    expect(field).to_have_value("a few")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("Enter a whole number, or nothing for no limit.")
    table.keyboard.press("Escape")


def test_a_table_is_filled_in_without_a_mouse(table: Page) -> None:
    cell(table).focus()
    table.keyboard.press("Enter")
    type_where_it_stands(table, "5")
    table.keyboard.press("Tab")
    expect(cell(table)).to_have_text("5")
    expect(table.get_by_role("textbox", name="Hits per month").first).to_be_focused()
    table.keyboard.press("Escape")
    toast(table, "Hits per week is now 5").get_by_role("button", name="Undo").press("Enter")
