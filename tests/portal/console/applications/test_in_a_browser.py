"""The page of an application in a real browser: what is used of its limits is asked for again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from portal.console.browsing import address

APPLICATION = "/p/admin/applications/1"


def test_limits_are_asked_for_again_while_the_page_is_looked_at(
    admin_page: Page, port: int
) -> None:
    admin_page.goto(address(port, APPLICATION))
    for _ in range(2):
        with admin_page.expect_response(f"**{APPLICATION}/limits", timeout=10_000) as answered:
            pass
        assert answered.value.status == 200
    expect(admin_page.locator("#limits-now")).to_be_visible()


def test_nothing_is_asked_for_while_the_page_is_hidden(admin_page: Page, port: int) -> None:
    admin_page.goto(address(port, APPLICATION))
    asked: list[str] = []
    admin_page.on("request", lambda request: asked.append(request.url))
    stopped = admin_page.evaluate(
        """async () => {
            Object.defineProperty(document, "hidden", { value: true });
            return new Promise((done) => document.addEventListener(
                "htmx:before:request", (event) => setTimeout(() => done(event.defaultPrevented))));
        }"""
    )
    assert stopped
    assert not [url for url in asked if url.endswith("/limits")]
