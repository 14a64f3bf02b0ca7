"""The developers' side in a real browser: over by acting, every page looked at, and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from portal.console.browsing import address, look_at

DEVELOPERS = "acme.localhost"
PAGES = [
    "/",
    "/plans",
    "/admin",
    "/admin/applications",
    "/admin/applications/1",
    "/admin/applications/1/edit",
    "/admin/applications/1/plan",
    "/buyer/stats",
    "/admin/alerts",
    "/admin/account",
    "/admin/account/edit",
    "/admin/account/users",
    "/admin/account/invitations/new",
    "/admin/account/personal_details",
    "/admin/account/password",
    "/login",
    "/signup",
    "/password",
]
_POST = """(path) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: path});
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  form.append(Object.assign(document.createElement("input"),
                            {name: "csrfmiddlewaretoken", value: token, type: "hidden"}));
  document.body.append(form);
  form.submit();
}"""


def account_at(page: Page, port: int) -> str:
    """Return the path of Acme's one account, on a page of the admin portal."""
    for pk in range(1, 6):
        path = f"/buyers/accounts/{pk}"
        answer = page.goto(address(port, f"{path}/invitations"))
        if answer is not None and answer.status == 200:
            return path
    raise AssertionError("Acme has no account")


def go_over(page: Page, port: int) -> None:
    path = account_at(page, port)
    page.evaluate(_POST, f"{path}/act_as")
    page.get_by_role("button", name="Go on as").click()
    page.wait_for_url(lambda url: url.endswith("/admin"))


@pytest.fixture(scope="module")
def acting_state(browser: Browser, port: int, admin_state: StorageState) -> StorageState:
    """The cookies of an admin who acts as Acme's developer."""
    context = browser.new_context(storage_state=admin_state)
    go_over(context.new_page(), port)
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize("path", PAGES)
def test_pages_of_developers_have_no_fault(
    browser: Browser, port: int, acting_state: StorageState, path: str
) -> None:
    look = look_at(browser, acting_state, address(port, path, DEVELOPERS))
    assert not look.faults
    assert look.weight <= look.weight_max


def test_the_question_for_the_code_has_no_fault(browser: Browser, port: int) -> None:
    look = look_at(browser, None, address(port, "/", DEVELOPERS))
    assert not look.faults


def test_an_admin_goes_over_replaces_a_key_and_comes_back(admin_page: Page, port: int) -> None:
    go_over(admin_page, port)
    banner = admin_page.get_by_text("acts as")
    expect(banner).to_contain_text("admin acts as john")
    key = admin_page.locator("#key")
    masked = key.inner_text()
    admin_page.get_by_role("button", name="Show key").click()
    shown = key.inner_text()
    assert shown.startswith(masked[:4])
    assert "•" not in shown
    admin_page.get_by_role("link", name="Application", exact=True).click()
    admin_page.get_by_role("button", name="Make a new key").click()
    dialog = admin_page.get_by_role("dialog")
    dialog.get_by_label("The old key goes on working for").select_option("1 hour")
    dialog.get_by_role("button", name="Make a new key").click()
    expect(admin_page.get_by_text("There is a new user key")).to_be_visible()
    expect(admin_page.get_by_text("The key before goes on working until")).to_be_visible()
    assert admin_page.locator("#key").get_attribute("data-plain") != shown
    admin_page.get_by_role("button", name="Stop").click()
    expect(admin_page.get_by_role("heading", name="You no longer act as john")).to_be_visible()
    answer = admin_page.goto(address(port, "/admin", DEVELOPERS))
    assert answer is not None
    assert "/access_code" in admin_page.url
