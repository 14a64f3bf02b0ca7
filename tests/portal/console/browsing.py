"""A real browser at a served portal: signing in, and what a page must keep to wherever it is.

    look = look_at(browser, state, address(port, "/p/admin/dashboard"))
    assert not look.faults
    assert look.weight <= look.weight_max

A fault is what axe calls serious, a complaint in the console, a breach of the content security
policy, a request to another origin, or a page that is wider than the window; in either theme, on a
wide window and a narrow one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    StorageState,
    expect,
)

from portal.people import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * 127.0.0.1",
]  # fmt: skip
AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
PLAIN_MAX, CHARTS_MAX = 150_000, 350_000  # bytes of a page, compressed, without and with charts

Scheme = Literal["light", "dark"]
WIDE, NARROW, HEIGHT = 1440, 390, 900
# The theme a page is loaded in, and the widths it then gets: the first while it loads.
SIGHTS: dict[Scheme, tuple[int, int]] = {"light": (WIDE, NARROW), "dark": (NARROW, WIDE)}


class Look(Struct, frozen=True):
    """What was seen of a page. ``weight`` are the bytes of all answers, as they came."""

    faults: list[str]
    weight: int
    has_charts: bool

    @property
    def weight_max(self) -> int:
        return CHARTS_MAX if self.has_charts else PLAIN_MAX


class Ear:
    """Hears what a page complains of, and whom it talks to."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        self.requests: list[Request] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfinished", self._note)

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    def _hear(self, message: ConsoleMessage) -> None:
        # A browser also notes each refused form as a failed load; the page says it better.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def strangers(self, host: str) -> list[str]:
        """Return the addresses of other origins than ``host`` that were asked for."""
        urls = [request.url for request in self.requests]
        return [url for url in urls if urlsplit(url).netloc not in {host, ""}]


def address(port: int, path: str = "/", host: str = "acme-admin.localhost") -> str:
    return f"http://{host}:{port}{path}"


def sign_in(page: Page, port: int, username: str = "admin", password: str = PASSWORD) -> None:
    page.goto(address(port, "/p/login"))
    page.get_by_label("User name or e-mail").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/p/login" not in url)


def type_where_it_stands(page: Page, text: str) -> None:
    """Type into the field that has the focus; a page that is loaded may be about to give it."""
    expect(page.locator("input:focus, textarea:focus")).to_be_visible()
    page.keyboard.type(text)


def signed_in(browser: Browser, port: int, username: str = "admin") -> StorageState:
    """Return the cookies of somebody who has signed in, for a browser's new contexts."""
    context = browser.new_context()
    sign_in(context.new_page(), port, username)
    state = context.storage_state()
    context.close()
    return state


def look_at(browser: Browser, state: StorageState | None, url: str) -> Look:
    """Look for faults of a page in every sight, first of all in a window with nothing cached.

    It is loaded once in each theme, once at each width, and then gets the other width.
    """
    context = browser.new_context(storage_state=state)
    try:
        return _look(context, url)
    finally:
        context.close()


def faults_of_axe(page: Page, within: str = "") -> list[str]:
    """Return what axe finds on the page as it is now, or in the part that ``within`` selects."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        """async (within) =>
        (await axe.run(within || document, {resultTypes: ["violations"]})).violations""",
        within,
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]


def fits(page: Page) -> bool:
    """Whether nothing needs sideways scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def _look(context: BrowserContext, url: str) -> Look:
    page = context.new_page()
    ear = Ear(page)
    weight, faults = 0, []
    for scheme, widths in SIGHTS.items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": widths[0], "height": HEIGHT})
        answer = page.goto(url)
        weight = weight or _weight(ear)
        faults += [] if answer is None or answer.status < 400 else [f"answered {answer.status}"]
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            seen = [] if fits(page) else ["wider than the window"]
            faults += [f"{scheme}, {width}: {fault}" for fault in seen + faults_of_axe(page)]
    faults += [f"complains: {text}" for text in ear.complaints]
    faults += [f"asks {stranger}" for stranger in ear.strangers(urlsplit(url).netloc)]
    return Look(faults, weight, page.locator("[data-chart]").count() > 0)


def _weight(ear: Ear) -> int:
    return sum(max(request.sizes()["responseBodySize"], 0) for request in ear.requests)
