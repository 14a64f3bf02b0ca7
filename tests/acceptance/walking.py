"""Somebody who walks through the admin portal in a real browser, with a terminal beside it."""

from __future__ import annotations

import re
import secrets
import shlex
import subprocess
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from acceptance.world import PATIENCE_S

ANSWERED_MS = 60_000  # the page waits for gateways, beside everything else on this machine


class Walk:
    """One window, and what is known of the organisation that signs up in it."""

    def __init__(self, page: Page, platform: dict[str, Any]) -> None:
        self.page = page
        self.platform = platform
        self.subdomain = f"w{secrets.token_hex(4)}"
        self.password = secrets.token_urlsafe(16)
        master = urlsplit(platform["master"])
        self.port = int(master.port or 80)
        self.portal = f"http://{self.subdomain}-admin.localhost:{self.port}"
        self.configuration = ""
        self.let_through = 0  # calls that the gateway has let through, whoever made them

    def open(self, path: str) -> None:
        self.page.goto(self.portal + path)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True).first

    def beside(self, name: str) -> Locator:
        """Return a link of the navigation beside the page."""
        return self.page.locator("#side").get_by_role("link", name=name, exact=True).first

    def press(self, name: str) -> None:
        """Press a button that sends a form, and wait for what is answered."""
        with self.page.expect_navigation(timeout=ANSWERED_MS):
            self.page.get_by_role("button", name=name, exact=True).click()

    def arrive(self, path: str) -> None:
        self.page.wait_for_url(re.compile(path), timeout=ANSWERED_MS)

    def says(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def configure(self) -> None:
        self.page.goto(self.configuration)

    def settings(self) -> None:
        self.page.goto(self.configuration.replace("/integration", "/settings"))

    def update_and_test(self, outcome: str) -> None:
        with self.page.expect_navigation(timeout=ANSWERED_MS):
            self.page.click("#update-and-test")
        shown = self.page.locator(f"#outcome[data-outcome={outcome}]")
        expect(shown).to_be_visible(timeout=ANSWERED_MS)
        self.let_through += outcome in {"passed", "unreachable"}

    def promote(self) -> None:
        """Promote what staging runs, on the configuration page."""
        version = self.version("staging")
        self.page.click("#promote-button")
        asked = self.page.locator("#promote")
        expect(asked).to_contain_text(f"Promote v{version} to production?")
        self.press(f"Promote v{version}")
        self.says(f"v{version} is in production", "The production gateway answers with it")
        assert self.version("production") == version

    def curl(self) -> str:
        """Return the line that the page shows."""
        return self.page.inner_text("#curl")

    def address(self, environment: str) -> str:
        return str(self.page.get_attribute(f"#{environment} code", "title"))

    def version(self, environment: str) -> int:
        return int(self.page.inner_text(f"#{environment} .tw-env__v").removeprefix("v"))

    def run(self, line: str) -> tuple[int, str]:
        """Run a line of curl as it stands; return the status, and the body."""
        assert line.startswith("curl ")
        said = ["--silent", "--show-error", "--write-out", "\n%{http_code}"]
        done = subprocess.run(
            shlex.split(line) + said,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )
        body, _, status = done.stdout.rpartition("\n")
        self.let_through += status == "200"
        return int(status), body.strip()

    def calls(self) -> int:
        """Return how many calls the dashboard shows, which moves by itself."""
        return int(self.page.inner_text("[data-live-value='calls']").replace(",", ""))
