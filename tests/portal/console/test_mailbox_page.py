"""The mailbox in a real browser: a message in its frame, and its link, which can be clicked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from portal.console.browsing import CHROMIUM, FLAGS
from portal.console.serving import ROOT, served_portal
from portal.mail.letters_sent import URL
from portal.people import PASSWORD


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    data_dir = tmp_path_factory.mktemp("portal")
    with served_portal(data_dir) as port:
        environ = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
            "DJANGO_SETTINGS_MODULE": "tollway.portal.settings",
            "TOLLWAY_DATA_DIR": str(data_dir),
            "TOLLWAY_SECRET_KEY": "5e" * 32,
            "TOLLWAY_DATABASE_URL": "",
        }
        subprocess.run(
            [sys.executable, "-m", "portal.mail.queueing", "acme", "1"], env=environ, check=True
        )
        yield port


@pytest.fixture
def page(port: int) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.route(URL, lambda route: route.fulfill(body="activated"))
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.goto(f"http://acme-admin.localhost:{port}/p/login?next=/mailbox")
        page.fill("#username", "admin")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        yield page
        browser.close()
        assert not complaints


def test_a_link_in_a_framed_message_opens_a_window_of_its_own(page: Page) -> None:
    page.click("text=Activate your account at Acme")
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Activate your account at Acme")
    with page.context.expect_page() as opened:
        frame.locator("a", has_text="Activate the account").click()
    expect(opened.value.locator("body")).to_have_text("activated")
    assert opened.value.url == URL
    page.click("text=Show the plain text")
    expect(page.locator("section p a", has_text=URL)).to_have_attribute("href", URL)
