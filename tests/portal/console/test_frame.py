"""What all pages do, in a real browser: the frame, by keyboard and by pointer, and its parts.

The parts are tried on `/design`, which keeps nothing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, ViewportSize, expect

from portal.console.browsing import address, faults_of_axe, fits
from portal.people import PASSWORD

PHONE: ViewportSize = {"width": 390, "height": 844}


def focused(page: Page) -> str:
    """Return what the focused element is called, or says."""
    return str(
        page.evaluate(
            "(document.activeElement.getAttribute('aria-label') ?? "
            "document.activeElement.innerText).trim()"
        )
    )


def cell(page: Page, name: str = "hits-hour") -> Locator:
    return page.locator(f"#cell-{name}")


def shows(page: Page, name: str, value: str) -> None:
    expect(cell(page, name).locator("button")).to_have_text(value)


@pytest.fixture
def design(admin_page: Page, port: int) -> Page:
    admin_page.goto(address(port, "/design"))
    return admin_page


def test_an_admin_signs_in_sees_who_they_are_and_signs_out(page: Page, port: int) -> None:
    page.goto(address(port))
    assert page.url == address(port, "/p/login")
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in to Acme"
    expect(page.get_by_label("User name or e-mail")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(address(port, "/p/admin/dashboard"))
    page.get_by_role("button", name="admin: your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(address(port, "/p/login"))
    page.goto(address(port, "/p/admin/dashboard"))
    assert page.url == address(port, "/p/login?next=/p/admin/dashboard")


def test_a_wrong_password_is_said_at_the_form_and_what_was_typed_stays(
    page: Page, port: int
) -> None:
    page.goto(address(port, "/p/login"))
    page.get_by_label("User name or e-mail").fill("admin")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    assert "do not match" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("User name or e-mail").input_value() == "admin"
    assert page.get_by_label("Password", exact=True).input_value() == ""
    assert page.evaluate("document.activeElement.id") == "password"


def test_every_link_of_the_dashboard_leads_somewhere(admin_page: Page, port: int) -> None:
    admin_page.goto(address(port, "/p/admin/dashboard"))
    links = admin_page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    visit = address(port, "/p/admin/cms/visit_portal")
    assert visit in links
    for link in [*{*links} - {visit}, visit]:  # last, for it leads on by itself
        answer = admin_page.goto(link)
        assert answer is None or answer.status < 400, link


def test_static_files_are_hashed_compressed_and_kept_for_ever(page: Page, port: int) -> None:
    page.goto(address(port, "/p/login"))
    style = page.get_attribute("link[rel=stylesheet]", "href") or ""
    assert Path(style).name.count(".") == 2
    answer = httpx.get(f"http://127.0.0.1:{port}{style}", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]


def test_the_theme_follows_the_system_until_one_is_chosen(design: Page) -> None:
    def ground() -> str:
        return str(design.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = "rgb(247, 248, 248)", "rgb(15, 20, 21)"
    assert ground() == light
    design.emulate_media(color_scheme="dark")
    design.reload()
    assert ground() == dark
    design.get_by_role("button", name="Switch between light and dark").click()
    assert ground() == light
    design.reload()
    assert ground() == light


def test_the_first_tab_skips_to_the_content(design: Page) -> None:
    design.keyboard.press("Tab")
    assert focused(design) == "Skip to content"
    assert design.locator(".tw-skip").is_visible()
    design.keyboard.press("Enter")
    assert design.evaluate("document.activeElement.id") == "main"
    design.keyboard.press("Tab")
    assert design.evaluate("document.activeElement.closest('main') !== null")


def test_on_a_phone_the_areas_are_behind_a_button(design: Page) -> None:
    design.set_viewport_size(PHONE)
    assert fits(design)
    menu = design.get_by_role("button", name="Menu")
    side = design.locator("#side")
    assert not side.is_visible()
    menu.click()
    expect(side.get_by_role("link", name="Dashboard")).to_be_visible()
    expect(side).to_have_css("transform", "none")
    assert side.get_by_role("link", name="Dashboard").bounding_box()["height"] >= 40  # type: ignore[index]
    assert not faults_of_axe(design, "#side")
    design.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(menu).to_be_focused()


def test_a_dialog_begins_at_the_least_harm_and_gives_the_focus_back(design: Page) -> None:
    opener = design.get_by_role("button", name="Suspend", exact=True).last
    opener.click()
    dialog = design.get_by_role("dialog", name=re.compile("^Suspend Developer.s App"))
    expect(dialog.get_by_role("button", name="Keep it live")).to_be_focused()
    expect(dialog).to_have_css("opacity", "1")
    assert not faults_of_axe(design, "#suspend")
    for _ in range(4):
        design.keyboard.press("Tab")
        # Beyond the last button a browser has its own, where a page has nothing to say.
        assert design.evaluate("document.activeElement.matches('body, #suspend *')")
    design.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_what_cannot_be_undone_is_not_done_before_its_name_is_typed(design: Page) -> None:
    design.get_by_role("button", name="Delete, typed").click()
    field = design.get_by_label("Type api to confirm")
    expect(field).to_be_focused()
    design.keyboard.type("apx")
    design.keyboard.press("Enter")
    assert design.get_by_role("dialog").is_visible()
    assert field.evaluate("field => field.validity.patternMismatch")
    field.fill("api")
    design.keyboard.press("Enter")
    expect(design.locator("#toasts")).to_contain_text("That is undone")


def test_a_cell_is_changed_by_keyboard_and_undone(design: Page) -> None:
    cell(design).locator("button").focus()
    design.keyboard.press("Enter")
    field = cell(design).get_by_label("Hits per hour", exact=True)
    expect(field).to_be_focused()
    design.keyboard.type("2,500")
    with design.expect_response("**/design/matrix/hits/hour"):
        design.keyboard.press("Enter")
    shows(design, "hits-hour", "2,500")
    expect(cell(design).locator("button")).to_be_focused()
    toast = design.locator("#toasts")
    expect(toast).to_contain_text("Hits per hour is now 2,500")
    toast.get_by_role("button", name="Undo").click()
    shows(design, "hits-hour", "3")
    expect(toast).not_to_contain_text("2,500 In force")


def test_escape_leaves_a_cell_as_it_was_and_asks_nobody(design: Page) -> None:
    asked: list[str] = []
    design.on("request", lambda request: asked.append(request.url))
    cell(design).locator("button").click()
    design.keyboard.type("7")
    design.keyboard.press("Escape")
    shows(design, "hits-hour", "3")
    expect(cell(design).locator("button")).to_be_focused()
    cell(design).locator("button").click()
    design.keyboard.press("Enter")  # unchanged
    expect(cell(design).locator("button")).to_be_focused()
    assert not [url for url in asked if "matrix" in url]


def test_tab_keeps_a_cell_and_goes_on_to_the_next(design: Page) -> None:
    cell(design).locator("button").click()
    design.keyboard.type("8")
    design.keyboard.press("Tab")
    expect(cell(design, "hits-day").locator("[data-cell-field]")).to_be_focused()
    shows(design, "hits-hour", "8")
    design.keyboard.press("Shift+Tab")
    expect(cell(design).locator("[data-cell-field]")).to_be_focused()
    design.keyboard.press("Escape")


def test_leaving_a_cell_by_pointer_keeps_it(design: Page) -> None:
    cell(design).locator("button").click()
    design.keyboard.type("8")
    design.get_by_role("heading", level=1).click()
    shows(design, "hits-hour", "8")


def test_a_refused_value_stays_with_its_reason_and_escape_forgets_it(design: Page) -> None:
    cell(design).locator("button").click()
    design.keyboard.type("lots")
    design.keyboard.press("Enter")
    field = cell(design).locator("[data-cell-field]")
    expect(field).to_be_focused()
    expect(field).to_have_value("lots")
    expect(field).to_have_accessible_description("A whole number, or nothing")
    assert not faults_of_axe(design, "#matrix")
    design.keyboard.press("Escape")
    shows(design, "hits-hour", "3")
    expect(cell(design).locator("p")).to_have_count(0)


def test_somebody_elses_change_is_shown_beside_yours(design: Page) -> None:
    cell(design).locator("button").click()
    design.keyboard.type("13")
    design.keyboard.press("Enter")
    said = design.locator("#row-hits").get_by_role("alert")
    expect(said).to_contain_text("Ana Keller set Hits per hour to 5 meanwhile")
    expect(said.get_by_role("button", name="Leave 5")).to_be_focused()
    assert not faults_of_axe(design, "#matrix")
    said.get_by_role("button", name="Set it to 13").click()
    shows(design, "hits-hour", "13")
    expect(said).to_have_count(0)


def test_a_matrix_is_cards_on_a_phone(design: Page) -> None:
    design.set_viewport_size(PHONE)
    first, second = (cell(design, name).bounding_box() for name in ("hits-minute", "hits-hour"))
    assert first
    assert second
    assert second["y"] > first["y"]
    assert second["x"] + second["width"] <= PHONE["width"]
    cell(design).locator("button").click()
    design.keyboard.type("8")
    design.keyboard.press("Enter")
    shows(design, "hits-hour", "8")


def test_what_htmx_cannot_get_is_said_and_changes_nothing(
    browser: Browser, admin_state: StorageState, port: int
) -> None:
    context = browser.new_context(storage_state=admin_state)
    page = context.new_page()  # its browser will complain of the failure, too
    page.goto(address(port, "/design"))
    page.get_by_role("button", name="Fail").click()
    expect(page.locator("#toasts")).to_contain_text("Tollway did not answer")
    expect(page.get_by_role("button", name="Fail")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Dismiss").click()
    expect(page.locator("#toasts")).to_have_text("")
    context.close()


def test_a_drawer_is_filled_and_gives_the_focus_back(design: Page) -> None:
    opener = design.get_by_role("button", name="Open a drawer")
    opener.click()
    drawer = design.get_by_role("dialog", name="Night Bus")
    expect(drawer).to_contain_text("City Lines")
    expect(drawer).to_have_css("transform", "none")
    assert not faults_of_axe(design, "#drawer")
    design.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()


def test_ticking_rows_brings_what_can_be_done_with_them(design: Page) -> None:
    every = design.get_by_label("All applications on this page")
    bar = design.locator("[data-bulk]")
    assert not bar.is_visible()
    design.get_by_role("checkbox", name="Night Bus").check()
    expect(bar).to_contain_text("1 ticked")
    assert every.evaluate("box => box.indeterminate")
    every.check()
    expect(bar).to_contain_text("3 ticked")
    bar.get_by_role("button", name="Untick all").click()
    expect(bar).to_be_hidden()
    assert not every.is_checked()


def test_a_menu_of_a_row_is_not_cut_off_by_its_table(design: Page) -> None:
    design.get_by_role("button", name=re.compile("^More for Developer")).click()
    item = design.get_by_role("button", name="Suspend", exact=True).and_(
        design.locator(".dropdown-menu.show *")
    )
    expect(item).to_be_in_viewport(ratio=1)
    design.keyboard.press("Escape")
    expect(design.get_by_role("button", name=re.compile("^More for Developer"))).to_be_focused()


def test_a_tip_comes_with_the_focus_and_goes_with_escape(design: Page) -> None:
    mark, tip = design.get_by_role("button", name="About eternity"), design.locator("#tip-eternity")
    assert not tip.is_visible()
    mark.focus()
    expect(tip).to_be_visible()
    expect(mark).to_have_accessible_description(
        "Counted since the application exists, and never set back to zero."
    )
    design.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_key_is_hidden_until_asked_for_and_copied_in_full(design: Page) -> None:
    key = "9f2c41d07be84a63a51c0e8d7f3b6a92"
    design.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = design.locator("#ds-key")
    expect(shown).to_have_text("9f2c••••••••••••")
    design.get_by_role("button", name="Copy key of Night Bus").click()
    expect(design.locator("#announcements")).to_have_text("Copied")
    assert design.evaluate("navigator.clipboard.readText()") == key
    show = design.get_by_role("button", name="Show key of Night Bus")
    show.click()
    expect(shown).to_have_text(key)
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(shown).to_have_text("9f2c••••••••••••")


def test_the_errors_of_a_form_have_the_focus_and_lead_to_the_fields(design: Page) -> None:
    design.get_by_label("Private base URL").first.fill("ftp://x")
    design.get_by_role("button", name="Save", exact=True).click()
    alert = design.get_by_role("alert").first
    expect(alert).to_be_focused()
    alert.get_by_role("link", name="Private base URL").click()
    expect(design.locator("#id_private_base_url")).to_be_focused()
    expect(design.locator("#id_private_base_url")).to_have_value("ftp://x")


def test_a_form_is_sent_once_however_often_its_button_is_pressed(design: Page) -> None:
    sent: list[str] = []
    design.on("request", lambda request: sent.append(request.method))
    design.route("**/design/undo", lambda route: route.fulfill(status=204))  # it stays on its way
    design.evaluate(
        "() => { const button = [...document.querySelectorAll('button')]"
        ".find(one => one.innerText === 'Say something'); button.click(); button.click(); }"
    )
    design.wait_for_function("document.querySelector('form[data-sent]') !== null")
    design.wait_for_load_state("networkidle")
    assert sent.count("POST") == 1


def test_a_chart_says_its_values_under_the_pointer_and_draws_gaps_as_gaps(design: Page) -> None:
    chart = design.locator("[data-chart=compared]")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    design.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(design.locator(".tw-chart-tip").first).to_contain_text("1,620")
    lines = design.locator("[data-chart=gap] svg path[stroke='rgb(14, 124, 140)']")
    drawn = json.loads(
        lines.evaluate_all("paths => JSON.stringify(paths.map(p => p.getAttribute('d')))")
    )
    assert sum(path.count("M") for path in drawn) == 2
    assert chart.locator("svg").get_attribute("aria-label") or chart.get_attribute("aria-label")


def test_colours_of_a_chart_change_with_the_theme(design: Page) -> None:
    bars = design.locator("[data-chart=bars] svg path[fill='rgb(75, 185, 200)']")
    expect(bars).to_have_count(0)
    design.get_by_role("button", name="Switch between light and dark").click()
    expect(bars.first).to_be_attached()


def test_forced_colours_and_reduced_motion_are_honoured(design: Page) -> None:
    design.emulate_media(forced_colors="active", reduced_motion="reduce")
    badge = design.locator(".badge").first
    assert badge.evaluate("badge => getComputedStyle(badge).borderTopStyle") == "solid"
    busy = design.locator(".is-busy .icon")
    assert busy.evaluate("icon => getComputedStyle(icon).animationName") == "none"


def test_on_paper_there_is_no_navigation(design: Page) -> None:
    design.emulate_media(media="print")
    for part in (".tw-masthead", ".tw-pending", ".tw-pagehead__actions", "#toasts"):
        assert not design.locator(part).is_visible()
    assert design.get_by_role("heading", level=1).is_visible()
