"""The pages of products and backends in a real browser: faults, and what takes a script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, StorageState

from portal.console.browsing import address, faults_of_axe, look_at, type_where_it_stands

PATHS = [
    "/apiconfig/services", "/apiconfig/services/new", "{product}", "{product}/edit",
    "{product}/proxy_rules", "{product}/proxy_rules/new", "{product}/metrics",
    "{product}/metrics/methods/new", "{product}/backend_usages", "{product}/settings",
    "{product}/code", "/p/admin/backend_apis", "/p/admin/backend_apis/new", "{backend}",
    "{backend}/edit", "{backend}/mapping_rules", "{backend}/metrics", "/buyers/accounts",
]  # fmt: skip
Places = Callable[[str], str]


@pytest.fixture(scope="module")
def place(browser: Browser, admin_state: StorageState, port: int) -> Places:
    """Return addresses, with those of Acme's product and backend filled in."""
    context = browser.new_context(storage_state=admin_state)
    page = context.new_page()
    found = {}
    for name, path in (("product", "/apiconfig/services"), ("backend", "/p/admin/backend_apis")):
        page.goto(address(port, path))
        href = page.locator("table a.strong").first.get_attribute("href")
        assert href
        found[name] = href
    context.close()
    return lambda path: address(port, path.format(**found))


@pytest.mark.parametrize("path", PATHS)
def test_pages_have_no_fault(
    browser: Browser, admin_state: StorageState, place: Places, path: str
) -> None:
    look = look_at(browser, admin_state, place(path))
    assert not look.faults
    assert look.weight <= look.weight_max


def patterns(page: Page) -> list[str]:
    return page.locator("#rules tbody a.mono").all_inner_texts()


def add_rule(page: Page, url: str, pattern: str) -> None:
    page.goto(f"{url}/new")
    page.get_by_label("Pattern").fill(pattern)
    page.get_by_role("button", name="Add rule").click()
    page.wait_for_url(re.compile(r"rules$"))


def test_rules_are_tried_moved_by_keys_and_dragged(admin_page: Page, place: Places) -> None:
    page, url = admin_page, place("{product}/proxy_rules")
    for pattern in ("/v1", "/v2"):
        add_rule(page, url, pattern)
    page.goto(url)
    page.get_by_label("Method and path").fill("/v1/orders")
    page.get_by_text("2 rules match").wait_for()
    assert page.locator("#rules tr[aria-selected=true]").count() == 2
    page.get_by_label("Method and path").fill("v")
    page.locator("#trial").get_by_text("Must start with /").wait_for()
    assert page.locator("#rules tr[aria-selected=true]").count() == 0

    handle = page.get_by_role("button", name="Move GET /v2")
    handle.focus()
    page.keyboard.press("ArrowUp")
    page.get_by_text("GET /v2 is rule 2 now").wait_for()
    assert patterns(page) == ["/", "/v2", "/v1"]
    assert handle.evaluate("handle => handle === document.activeElement")
    assert page.get_by_label("Method and path").input_value() == "v"

    first = page.locator("#rules tbody tr").first
    page.get_by_role("button", name="Move GET /v1").drag_to(
        first, target_position={"x": 60, "y": 4}
    )
    page.get_by_text("GET /v1 is rule 1 now").wait_for()
    assert patterns(page) == ["/v1", "/", "/v2"]
    page.get_by_role("button", name="Undo").last.click()
    page.get_by_text("GET /v1 is rule 3 now").wait_for()
    assert patterns(page) == ["/", "/v2", "/v1"]

    page.get_by_role("button", name="More for GET /v2").click()
    assert not faults_of_axe(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("GET /v2 is deleted").wait_for()
    assert patterns(page) == ["/", "/v1"]
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("GET /v2 is back").wait_for()
    assert patterns(page) == ["/", "/v2", "/v1"]


def test_a_system_name_is_suggested_as_the_name_is_typed(admin_page: Page, place: Places) -> None:
    admin_page.goto(place("/apiconfig/services/new"))
    type_where_it_stands(admin_page, "Night Bus")
    admin_page.get_by_text("It will be night_bus, and").wait_for()
    admin_page.get_by_label("System name").fill("api")
    admin_page.get_by_text("api is taken.").wait_for()


def test_settings_show_what_is_chosen_and_ask_before_they_break_something(
    admin_page: Page, place: Places
) -> None:
    page = admin_page
    page.goto(place("{product}/settings"))
    assert not page.get_by_label("Public address in production").is_visible()
    page.get_by_label("Your own gateway").check()
    assert page.get_by_label("Public address in production").is_visible()
    page.get_by_label("Ruby", exact=True).check()
    assert page.get_by_role("link", name="The code for each language").is_visible()
    assert page.get_by_label("Name of the key").is_visible()
    page.get_by_label("App ID and key").check()
    assert not page.get_by_label("Name of the key").is_visible()
    page.get_by_role("button", name="Save authentication").click()
    page.get_by_text("1 live application stops working").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert not faults_of_axe(page)
    page.get_by_role("link", name="Keep it as it is").click()
    assert page.get_by_label("API key: one secret").is_checked()
