"""Ctrl-K in a real browser: by keyboard alone, by mouse, and what a screen reader is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.console.browsing import address, faults_of_axe, fits


@pytest.fixture
def dashboard(admin_page: Page, port: int) -> Page:
    admin_page.goto(address(port, "/p/admin/dashboard"))
    return admin_page


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search")


def chosen(page: Page) -> Locator:
    return page.locator("#palette [role=option][aria-selected=true]")


def test_the_keyboard_alone_finds_and_opens_things(dashboard: Page, port: int) -> None:
    dashboard.keyboard.press("Control+k")
    expect(field(dashboard)).to_be_focused()
    expect(chosen(dashboard)).to_have_count(1)
    dashboard.keyboard.type("guided")
    expect(chosen(dashboard)).to_contain_text("Guided path: Prototype")
    active = field(dashboard).get_attribute("aria-activedescendant")
    assert active == chosen(dashboard).get_attribute("id")
    dashboard.keyboard.press("ArrowDown")
    expect(chosen(dashboard)).to_contain_text("Guided path: Basic")
    dashboard.keyboard.press("ArrowUp")
    dashboard.keyboard.press("ArrowUp")
    expect(chosen(dashboard)).to_contain_text("Guided path: Advanced")
    dashboard.keyboard.press("Enter")
    dashboard.wait_for_url(address(port, "/p/admin/dashboard/paths/advanced"))


def test_enter_waits_for_what_was_typed(dashboard: Page, port: int) -> None:
    dashboard.keyboard.press("Control+k")
    expect(chosen(dashboard)).to_have_count(1)
    dashboard.keyboard.type("guided path: basic")
    dashboard.keyboard.press("Enter")
    dashboard.wait_for_url(address(port, "/p/admin/dashboard/paths/basic"))


def test_esc_closes_and_the_text_is_gone_and_the_focus_is_back(dashboard: Page) -> None:
    opener = dashboard.get_by_role("button", name="Search Ctrl K")
    opener.focus()
    dashboard.keyboard.press("Enter")
    expect(field(dashboard)).to_be_focused()
    dashboard.keyboard.type("0123456789abcdef")
    expect(dashboard.locator("#palette-hits")).to_contain_text("Nothing found")
    dashboard.keyboard.press("Escape")
    expect(field(dashboard)).to_be_hidden()
    expect(opener).to_be_focused()
    assert field(dashboard).input_value() == "" if field(dashboard).count() else True
    assert dashboard.locator("#palette input[name=q]").input_value() == ""


def test_the_mouse_chooses_too(dashboard: Page, port: int) -> None:
    dashboard.get_by_role("button", name="Search Ctrl K").click()
    expect(chosen(dashboard)).to_have_count(1)
    field(dashboard).fill("guided")
    option = dashboard.get_by_role("option", name="Guided path: Basic")
    option.hover()
    expect(chosen(dashboard)).to_contain_text("Guided path: Basic")
    option.click()
    dashboard.wait_for_url(address(port, "/p/admin/dashboard/paths/basic"))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_it(dashboard: Page, scheme: str, width: int) -> None:
    dashboard.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    dashboard.set_viewport_size({"width": width, "height": 800})
    dashboard.reload()
    dashboard.keyboard.press("Control+k")
    expect(chosen(dashboard)).to_have_count(1)
    field(dashboard).fill("ap")
    expect(dashboard.get_by_role("option", name="API Product")).to_be_visible()
    assert faults_of_axe(dashboard, "#palette") == []
    assert fits(dashboard)


def test_a_search_that_fails_says_so(dashboard: Page) -> None:
    dashboard.keyboard.press("Control+k")
    expect(chosen(dashboard)).to_have_count(1)
    dashboard.route("**/p/admin/palette", lambda route: route.fulfill(status=404, body=""))
    dashboard.keyboard.type("api")
    expect(dashboard.locator("#palette-hits")).to_contain_text("does not answer")


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(dashboard: Page, port: int) -> None:
    dashboard.context.clear_cookies()
    dashboard.keyboard.press("Control+k")
    dashboard.wait_for_url(lambda url: "/p/login" in url)
