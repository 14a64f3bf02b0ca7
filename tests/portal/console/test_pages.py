"""The sign-in page in a real browser: it signs in, says what is wrong, and obeys its own policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from portal.console.serving import served_portal
from portal.people import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * 127.0.0.1",
]  # fmt: skip


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served_portal(tmp_path_factory.mktemp("portal")) as port:
        yield port


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor, on whose page nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A browser also notes each refused form as a failed load; the page says it better.
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints


def admin(port: int, path: str = "/") -> str:
    return f"http://acme-admin.localhost:{port}{path}"


def fits(page: Page) -> bool:
    """Whether nothing needs sideways scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_an_admin_signs_in_sees_who_they_are_and_signs_out(page: Page, port: int) -> None:
    page.goto(admin(port))
    assert page.url == admin(port, "/p/login")
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in to Acme"
    assert page.evaluate("document.activeElement.id") == "username"
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(admin(port, "/p/admin/dashboard"))
    assert "signed in as admin" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(admin(port, "/p/login"))
    page.goto(admin(port, "/p/admin/dashboard"))
    assert page.url == admin(port, "/p/login?next=/p/admin/dashboard")


def test_a_wrong_password_is_said_at_the_form_and_what_was_typed_stays(
    page: Page, port: int
) -> None:
    page.goto(admin(port, "/p/login"))
    page.get_by_label("User name or e-mail").fill("admin")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    assert "do not match" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("User name or e-mail").input_value() == "admin"
    assert page.get_by_label("Password").input_value() == ""
    assert page.evaluate("document.activeElement.id") == "password"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_any_width_and_follow_the_systems_theme(
    page: Page, port: int, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(admin(port, "/p/login"))
    surface = page.evaluate(
        "getComputedStyle(document.querySelector('.tw-signin')).backgroundColor"
    )
    assert surface == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 28, 30)"}[scheme]
    assert fits(page)
    assert page.locator(".tw-signin__art").is_visible() is (width > 991)
    page.get_by_label("User name or e-mail").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(admin(port, "/p/admin/dashboard"))
    assert fits(page)


def test_every_link_of_the_pages_leads_somewhere(page: Page, port: int) -> None:
    page.goto(admin(port, "/p/login"))
    page.get_by_label("User name or e-mail").fill("admin@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(admin(port, "/p/admin/dashboard"))
    links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    assert f"http://acme.localhost:{port}/" in links
    for link in links:
        answer = page.goto(link)
        assert answer is None or answer.status < 400, link


def test_static_files_are_hashed_compressed_and_kept_for_ever(page: Page, port: int) -> None:
    page.goto(admin(port, "/p/login"))
    style = page.get_attribute("link[rel=stylesheet]", "href") or ""
    assert Path(style).name.count(".") == 2
    answer = httpx.get(f"http://127.0.0.1:{port}{style}", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
