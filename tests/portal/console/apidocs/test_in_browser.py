"""The API reference in a real browser, on both sides: it is drawn, and anybody can read it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from portal.console.browsing import HEIGHT, SIGHTS, Ear, Scheme, address, faults_of_axe, fits
from portal.console.test_developers_side import DEVELOPERS, go_over

PREVIEW, REFERENCE = "/admin/api_docs/services/1/preview", "/docs/echo"
# Swagger UI draws a `main` of its own; that it is called a region is the lesser evil.
KNOWN = "aria-allowed-role (minor): ['#operations']"


@pytest.fixture(scope="module")
def developer_state(browser: Browser, port: int, admin_state: StorageState) -> StorageState:
    """The cookies of an admin who acts as Acme's developer."""
    context = browser.new_context(storage_state=admin_state)
    go_over(context.new_page(), port)
    state = context.storage_state()
    context.close()
    return state


def opened(page: Page, url: str) -> None:
    """Open the reference, and in it the one operation that there is."""
    page.goto(url)
    page.locator(".opblock-summary-control").click()
    expect(page.locator(".opblock-body")).to_be_visible()


@pytest.mark.parametrize("scheme", SIGHTS)
@pytest.mark.parametrize("side", ["admin", "developer"])
def test_it_has_no_fault(
    browser: Browser,
    port: int,
    admin_state: StorageState,
    developer_state: StorageState,
    side: str,
    scheme: Scheme,
) -> None:
    state, url = admin_state, address(port, PREVIEW)
    if side == "developer":
        state, url = developer_state, address(port, REFERENCE, DEVELOPERS)
    context = browser.new_context(
        storage_state=state,
        color_scheme=scheme,
        viewport={"width": SIGHTS[scheme][0], "height": HEIGHT},
    )
    page = context.new_page()
    ear = Ear(page)
    opened(page, url)
    faults = [fault for fault in faults_of_axe(page) if not fault.startswith(KNOWN)]
    assert (faults, ear.complaints, fits(page)) == ([], [], True)
    assert not ear.strangers(url.split("/")[2])
    weight = sum(max(request.sizes()["responseBodySize"], 0) for request in ear.requests)
    print(f"{url}: {weight} bytes")  # noqa: T201
    context.close()


def test_the_preview_calls_nobody(admin_page: Page, port: int) -> None:
    opened(admin_page, address(port, PREVIEW))
    expect(admin_page.get_by_text("The echo")).to_be_visible()
    expect(admin_page.get_by_role("button", name="Execute")).to_have_count(0)


def test_the_authority_s_api_is_drawn_without_a_fault(admin_page: Page, port: int) -> None:
    ear = Ear(admin_page)
    admin_page.goto(address(port, "/p/admin/api_docs/authority"))
    expect(admin_page.locator(".opblock")).to_have_count(6)
    assert not [fault for fault in faults_of_axe(admin_page) if not fault.startswith(KNOWN)]
    assert not ear.complaints


def test_the_own_api_is_found_folded_and_tried(admin_page: Page, port: int) -> None:
    admin_page.goto(address(port, "/p/admin/api_docs"))
    tag = admin_page.locator("#operations-tag-services")
    expect(tag).to_be_visible()
    assert not [fault for fault in faults_of_axe(admin_page) if not fault.startswith(KNOWN)]
    tag.click()
    admin_page.locator(".opblock-tag-section.is-open .opblock-summary-control").first.click()
    admin_page.get_by_role("button", name="Execute").click()
    expect(admin_page.locator(".live-responses-table .response")).to_contain_text("403")
