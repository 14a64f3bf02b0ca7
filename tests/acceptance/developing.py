"""A provider and developers, each in a browser of their own, and the mail between them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from acceptance.world import World, eventually
from portal.console.browsing import Ear

PASSWORD = "correct horse battery staple"
FAST = "That was faster than people type"


class Visitor:
    """One window at one of the two portals. Clicks are counted, typing is none."""

    def __init__(self, context: BrowserContext, portal: str) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.ear = Ear(self.page)
        self.portal = portal
        self.clicks = 0

    def open(self, path: str) -> int:
        """Open a page; return the status."""
        answer = self.page.goto(self.portal + path)
        assert answer is not None
        return answer.status

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def follow(self, name: str) -> None:
        found = self.page.get_by_role("link", name=name, exact=True).filter(visible=True)
        self.click(found.first)

    def press(self, name: str) -> None:
        """Press a button that sends a form, and wait for the answer."""
        with self.page.expect_navigation():
            self.click(self.page.get_by_role("button", name=name, exact=True))

    def press_here(self, name: str) -> None:
        """Press a button that changes the page it is on."""
        self.click(self.page.get_by_role("button", name=name, exact=True))

    def says(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def arrive(self, path: str) -> None:
        self.page.wait_for_url(re.compile(path))


class Provider(Visitor):
    """The tenant's admin."""

    def __init__(self, context: BrowserContext, tenant: World) -> None:
        super().__init__(context, tenant.platform["admin_portal"])
        self.tenant = tenant

    def sign_in(self) -> None:
        self.open("/p/login")
        admin = self.tenant.platform["admin"]
        self.page.get_by_label("User name or e-mail").fill(admin["username"])
        self.page.get_by_label("Password", exact=True).fill(admin["password"])
        self.press("Sign in")
        self.arrive("/p/admin/dashboard$")

    def mail(self, to: str, subject: str) -> str:
        """Return the newest message to an address whose subject begins so, envelope and text."""
        row = self.page.get_by_role("row").filter(has_text=to)
        link = row.get_by_role("link", name=re.compile(f"^{re.escape(subject)}"))

        def written() -> bool:
            self.open("/mailbox")
            return link.count() > 0

        eventually(written, f"mail to {to}: {subject}")
        link.first.click()
        self.page.get_by_role("link", name="Show the plain text").click()
        self.arrive("form=text")
        return self.page.locator("main").inner_text()

    def link_for(self, to: str, subject: str) -> str:
        """Return the path of the link in such a message."""
        found = re.search(r"http://\S+?(/(?:activate|password|signup)/\S+)", self.mail(to, subject))
        assert found
        return found[1]

    def rule(self, label: str, *, on: bool) -> None:
        """Set one of the sign-up rules."""
        self.open("/site/usage_rules/edit")
        self.page.get_by_label(label).set_checked(on)
        self.press("Save rules")
        self.says("The sign-up rules are saved")

    def reject(self) -> None:
        """Reject the account whose page is open, and say so once more."""
        self.page.get_by_role("button", name=re.compile("^More for")).click()
        self.page.get_by_role("button", name="Reject", exact=True).click()
        dialog = self.page.get_by_role("dialog")
        with self.page.expect_navigation():
            dialog.get_by_role("button", name=re.compile("^Reject")).click()

    def account(self, name: str) -> dict[str, Any]:
        rows = self.tenant.api("GET", "/accounts")["accounts"]
        found: dict[str, Any] = next(
            row["account"] for row in rows if row["account"]["org_name"] == name
        )
        return found

    def key_of(self, account: str) -> str:
        """Return the user key of an account's application."""
        pk = self.account(account)["id"]
        [row] = self.tenant.api("GET", f"/accounts/{pk}/applications")["applications"]
        return str(row["application"]["user_key"])


class Developer(Visitor):
    """Somebody who comes from outside."""

    def __init__(self, browser: Browser, portal: str, name: str) -> None:
        super().__init__(_context(browser), portal)
        self.name = name
        self.email = f"{name}@developers.example"
        self.organisation = f"{name.title()} Ltd"

    def fill_in(self) -> None:
        page = self.page
        page.get_by_label("Organisation or group").fill(self.organisation)
        page.get_by_label("User name").fill(self.name)
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)

    def sign_up(self) -> None:
        """Fill in the form and send it; who is too fast for a person sends it again."""
        self.fill_in()
        self.press("Create account")
        before = self.clicks

        def taken() -> bool:
            if FAST in self.page.locator("main").inner_text():
                self.page.get_by_label("Password", exact=True).fill(PASSWORD)
                self.press("Create account")
            return self.page.url.endswith("/signup/success")

        eventually(taken, f"{self.name} signs up")
        self.clicks = before

    def activate(self, path: str) -> None:
        self.open(path)
        self.press("Activate the account")

    def sign_in(self) -> None:
        self.open("/login")
        self.page.get_by_label("User name or e-mail").fill(self.name)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Sign in")

    def key(self) -> str:
        """Read the key off the dashboard, as a person does."""
        self.page.get_by_role("button", name="Show key").click()
        shown = self.page.locator("#key")
        expect(shown).to_have_text(re.compile(r"^[0-9a-f]{32}$"))
        return shown.inner_text()


def _context(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport={"width": 1440, "height": 900})


def provider(browser: Browser, tenant: World) -> Provider:
    return Provider(_context(browser), tenant)


def portal_of(tenant: World) -> str:
    """Return where a tenant's developer portal is, without a slash at its end."""
    admin = urlsplit(tenant.platform["admin_portal"])
    return f"http://{(admin.hostname or '').replace('-admin.', '.')}:{admin.port}"
