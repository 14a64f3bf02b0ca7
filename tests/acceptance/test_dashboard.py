"""A call through the gateway moves the dashboard, in a real browser, at once and exactly."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from acceptance.traffic import Upstream
from acceptance.world import Product, World, eventually
from acceptance.wrk import press

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * 127.0.0.1",
]  # fmt: skip
CALLS = 5
NAME, PASSWORD = "admin", secrets.token_urlsafe(16)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def dashboard(browser: Browser, portal: str, username: str, password: str) -> Page:
    """Sign in to an admin portal; return its dashboard."""
    page = browser.new_context().new_page()
    page.goto(f"{portal}/p/login")
    page.fill("#username", username)
    page.fill("#password", password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/p/admin/dashboard")
    page.wait_for_selector("[data-chart] svg")
    return page


@pytest.fixture
def page(browser: Browser, platform: dict[str, Any]) -> Iterator[Page]:
    """The sample tenant's dashboard, as its admin sees it."""
    admin = platform["admin"]
    page = dashboard(browser, platform["admin_portal"], admin["username"], admin["password"])
    yield page
    page.context.close()


def number(page: Page, name: str) -> int:
    return int(page.inner_text(f"[data-live-value='{name}']").replace(",", ""))


def drawn(page: Page) -> int:
    """Return what the bars that ECharts has drawn add up to."""
    bars = "place => echarts.getInstanceByDom(place).getOption().series[0].data"
    return sum(page.eval_on_selector("[data-chart]", bars))


def picture(page: Page) -> str:
    return str(page.eval_on_selector("[data-chart] svg", "svg => svg.innerHTML"))


def test_a_call_moves_the_number_and_the_bar(
    world: World, platform: dict[str, Any], page: Page
) -> None:
    """Two seconds are promised; the test waits longer, and prints what it took."""
    delays: list[float] = []
    for _ in range(CALLS):
        before, bars = number(page, "calls"), picture(page)
        began = time.monotonic()
        assert world.get(f"{platform['production']}/", user_key=platform["user_key"]).is_success
        eventually(partial(moved, page, before), "the number moves")
        delays.append(time.monotonic() - began)
        assert picture(page) != bars
        assert drawn(page) == number(page, "calls") >= number(page, "active_applications") > 0
    shown = ", ".join(f"{each:.2f}" for each in delays)
    print(f"from a call to the moving number: {shown} s")  # noqa: T201


def moved(page: Page, before: int) -> bool:
    return number(page, "calls") > before


def test_every_call_of_a_crowd_is_in_the_number(
    world: World, platform: dict[str, Any], upstream: Upstream, browser: Browser, crowd: int
) -> None:
    theirs = a_tenant(world, platform)
    product = theirs.product(api_backend=upstream.url)
    key = product.application(product.plan())["user_key"]
    product.serves(key)
    own = dashboard(browser, theirs.platform["admin_portal"], NAME, PASSWORD)
    assert number(own, "calls") == 0
    found = press(f"{product.urls['staging']}/?user_key={key}", crowd)
    assert found == {"answered": crowd, "refused": 0, "broken": 0}
    eventually(lambda: number(own, "calls") >= crowd, "all calls are in the number")
    assert number(own, "calls") == drawn(own) == len(upstream.seen) == crowd
    assert number(own, f"product-{product.id}") == crowd
    own.context.close()
    theirs.close()


def test_a_step_to_go_live_is_ticked_when_it_has_been_done(
    world: World, platform: dict[str, Any], browser: Browser
) -> None:
    theirs = a_tenant(world, platform)
    own = dashboard(browser, theirs.platform["admin_portal"], NAME, PASSWORD)
    sample = Product(theirs, theirs.api("GET", "/services")["services"][0]["service"]["id"])
    sample.update_proxy(api_test_path="/v1/fast/track")
    own.reload()
    assert "on staging, production runs v1" in own.inner_text("[aria-labelledby=needs-title]")
    assert "Done:" not in own.inner_text("[aria-labelledby=golive-title]")
    sample.promote()
    own.reload()
    assert "Nothing waits for you." in own.inner_text("[aria-labelledby=needs-title]")
    ticked = own.inner_text("[aria-labelledby=golive-title]")
    assert "Done: Deploy your API Gateway to production on APIcast" in ticked
    own.context.close()
    theirs.close()


def a_tenant(world: World, platform: dict[str, Any]) -> World:
    """Make a tenant whose admin's password is known."""
    made = world.http.post(
        f"{platform['master']}/master/api/providers.json",
        params={"access_token": platform["master_token"]},
        json={
            "org_name": f"n{secrets.token_hex(4)}", "username": NAME,
            "email": f"{secrets.token_hex(4)}@example.com", "password": PASSWORD,
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    signup = made.json()["signup"]
    return World(
        {
            **platform,
            "admin_portal": signup["account"]["admin_base_url"],
            "access_token": signup["access_token"]["value"],
        }
    )
