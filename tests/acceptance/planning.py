"""Somebody who sets up plans in a real browser, with a terminal beside it to call the API."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from acceptance.walking import Walk
from acceptance.world import Product, World

PASSED = (200, "")
OVER = (429, "Usage limit exceeded")
FORBIDDEN = (403, "Authentication failed")
UNMATCHED = (404, "No Mapping Rule matched")


class Planner(Walk):
    """One window in which a tenant's admin has signed in, and the keys that were read off pages."""

    def __init__(self, page: Page, tenant: World) -> None:
        super().__init__(page, dict(tenant.platform))
        self.portal = tenant.platform["admin_portal"]
        self.tenant = tenant
        [sample] = tenant.api("GET", "/services")["services"]
        self.product = Product(tenant, sample["service"]["id"])
        self.base = f"/apiconfig/services/{self.product.id}"
        self.configuration = f"{self.portal}{self.base}/integration"
        self.addresses: dict[str, str] = {}  # of the pages of plans and applications, by name
        self.keys: dict[str, str] = {}  # by the application's name

    def sign_in(self) -> None:
        self.open("/p/login")
        self.page.get_by_label("User name or e-mail").fill(self.platform["admin"]["username"])
        self.page.get_by_label("Password", exact=True).fill(self.platform["admin"]["password"])
        self.press("Sign in")
        self.arrive("/p/admin/dashboard$")

    def go(self, name: str) -> None:
        """Open the page of a plan or an application that was seen before."""
        self.page.goto(self.addresses[name])

    def noted(self, name: str) -> None:
        """Remember where this page is."""
        self.addresses[name] = self.page.url.partition("?")[0].partition("#")[0]

    def switch(self, title: str, *, on: bool) -> None:
        """Set one of the feature switches, unless it stands like that."""
        self.open("/buyers/accounts")
        self.link("Feature switches").click()
        row = self.page.get_by_role("row").filter(has_text=title)
        expect(row).to_be_visible()
        if row.get_by_role("button", name="Switch on").count() == on:
            self.press(f"Switch {'on' if on else 'off'}: {title}")
        expect(row.locator(".badge")).to_have_text("On" if on else "Off")

    def read_key(self, name: str) -> None:
        """Read the user key of the application on this page, as a person does."""
        self.noted(name)
        self.page.get_by_role("button", name="Show user key").click()
        shown = self.page.locator("#user-key")
        expect(shown).to_have_text(re.compile(r"^[0-9a-f]{32}$"))
        self.keys[name] = shown.inner_text()

    def ask(self, name: str, path: str = "/") -> tuple[int, str]:
        """Call the API on staging as an application; return the status, and the text of a no."""
        answer = self.product.call(path, user_key=self.keys[name])
        return answer.status_code, answer.text.strip() if answer.status_code >= 400 else ""

    def asks(self, name: str, *paths: str) -> list[tuple[int, str]]:
        return [self.ask(name, path) for path in paths]

    def reports(self, name: str, metric: str, value: str) -> None:
        """Report units of a metric as a plugin does; whether they can be counted is seen later."""
        answer = self.tenant.http.post(
            f"{self.platform['authority']}/transactions.xml",
            data={
                "service_token": self.product.token(),
                "service_id": str(self.product.id),
                "transactions[0][user_key]": self.keys[name],
                f"transactions[0][usage][{metric}]": value,
            },
        )
        assert answer.status_code == 202, answer.text

    def row(self, title: str) -> Locator:
        """Return the row of a metric in the table of the plan that is open."""
        heading = self.page.get_by_role("rowheader", name=re.compile(f"^{re.escape(title)} "))
        return self.page.locator("#plan-matrix tbody").filter(has=heading)

    def cell(self, label: str) -> Locator:
        """Return a cell of the table by what it limits: "Hits per hour", first the product's."""
        name = re.compile(f"^{re.escape(label)}: .*Change$")
        return self.page.get_by_role("button", name=name).first

    def limit(self, label: str, value: str) -> None:
        """Type a limit into its cell, or "" for none."""
        self.cell(label).click()
        field = self.page.get_by_role("textbox", name=label, exact=True).first
        expect(field).to_be_focused()
        field.fill(value)
        field.press("Enter")

    def limited(self, label: str, value: str) -> None:
        """Type a limit, and see that it was taken."""
        self.limit(label, value)
        self.toast(f"{label} is now {value or '∞'}")
        expect(self.cell(label)).to_have_text(value or "∞")

    def is_asked_for(self, label: str, button: str) -> None:
        """Press a button, and be told by the browser what this field lacks."""
        self.page.get_by_role("button", name=button, exact=True).click()
        field = self.page.get_by_label(label)
        expect(field).to_be_focused()
        assert field.evaluate("(field) => field.validationMessage")

    def toast(self, text: str) -> Locator:
        shown = self.page.locator("[data-toast]").filter(has_text=text)
        expect(shown).to_be_visible()
        return shown

    def undo(self, text: str) -> None:
        """Take back what the toast with this text tells of."""
        self.toast(text).get_by_role("button", name="Undo").click()

    def limits(self, plan: str) -> list[tuple[str, str, int]]:
        """Return metric, period and value of a plan's limits, as the API tells them."""
        number = self.addresses[plan].split("/application_plans/")[1].split("/")[0]
        rows = self.tenant.api("GET", f"/application_plans/{number}/limits")["limits"]
        names = self._names()
        told = [each["limit"] for each in rows]
        return [(names[each["metric_id"]], each["period"], each["value"]) for each in told]

    def _names(self) -> dict[int, str]:
        rows = self.tenant.api("GET", f"{self.product.path}/metrics")["metrics"]
        found = {each["metric"]["id"]: each["metric"]["system_name"] for each in rows}
        hits = next(pk for pk, name in found.items() if name == "hits")
        methods = self.tenant.api("GET", f"{self.product.path}/metrics/{hits}/methods")["methods"]
        return found | {each["method"]["id"]: each["method"]["system_name"] for each in methods}

    def used(self, metric: str, period: str) -> Locator:
        """Return the meter of a limit on the page of the application that is open."""
        return self.page.get_by_role("meter", name=f"{metric} per {period}")

    def uses(self, metric: str, period: str, used: int, limit: int) -> None:
        """See how much of a limit is used; the page asks the counters by itself."""
        meter = self.used(metric, period)
        expect(meter).to_have_attribute("aria-valuenow", str(used))
        expect(meter).to_have_attribute("aria-valuemax", str(limit))

    def staging(self, path: str) -> None:
        """Update and test staging with a request of this path."""
        self.configure()
        self.page.fill("#id_api_test_path", path)
        self.update_and_test("passed")

    def counted(self) -> set[str]:
        """Return what the last test counted, as the configuration page shows it."""
        facts = self.page.locator("#outcome .facts span").filter(has_text="counted")
        return {tag.inner_text() for tag in facts.first.locator(".tw-tag").all()}


Stretch = Callable[[Planner], None]


def walk_all(planner: Planner, stretches: list[Stretch]) -> None:
    for stretch in stretches:
        try:
            stretch(planner)
        except BaseException:
            print(f"in {stretch.__name__}, at {planner.page.url}")  # noqa: T201
            raise
