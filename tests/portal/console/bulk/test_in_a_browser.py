"""From a ticked page of a long list to all of it, and to the end of the run, in a real browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.console.browsing import Ear, address, signed_in
from portal.console.serving import environ_of, served_portal

PENDING = 70
LIST = "/buyers/accounts?state=pending"


@contextmanager
def worker(environ: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "tollway.cli.main", "worker"]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A portal of its own, as other tests count on Acme's one account."""
    data_dir = tmp_path_factory.mktemp("crowded")
    with served_portal(data_dir) as port:
        crowd = [sys.executable, "-m", "portal.console.bulk.crowd", f"{PENDING}"]
        subprocess.run(crowd, env=environ_of(data_dir), check=True)
        yield port, data_dir


@pytest.fixture
def page(browser: Browser, crowded: tuple[int, Path]) -> Iterator[Page]:
    context = browser.new_context(storage_state=signed_in(browser, crowded[0]))
    page = context.new_page()
    ear = Ear(page)
    yield page
    assert not ear.complaints
    context.close()


def test_the_bar_follows_the_ticks_and_all_that_match_are_done(
    page: Page, crowded: tuple[int, Path]
) -> None:
    port, data_dir = crowded
    page.goto(address(port, LIST))
    bar, more = page.locator("[data-bulk]"), page.locator("[data-bulk-every]")
    expect(bar).to_be_hidden()
    page.check("[data-check] >> nth=0")
    expect(bar).to_contain_text("1 ticked")
    expect(more).to_be_hidden()
    page.check("[data-check-all]")
    expect(bar).to_contain_text("50 ticked")
    more.click()
    expect(bar).to_contain_text(f"{PENDING} ticked")
    page.uncheck("[data-check] >> nth=0")
    expect(bar).to_contain_text("49 ticked")
    page.check("[data-check] >> nth=0")
    more.click()
    bar.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name=f"Approve {PENDING} accounts").click()
    expect(page.locator("#run-progress")).to_contain_text("It goes on when you leave")
    with worker(environ_of(data_dir)):
        expect(page.locator("#run-progress")).to_contain_text(
            f"{PENDING} of {PENDING} done.", timeout=30_000
        )
    expect(page.get_by_text("It ended")).to_be_visible()
    page.get_by_role("link", name="Back to the accounts").click()
    expect(page.get_by_role("row", name="Night Bus 069")).to_contain_text("Approved")


def test_an_account_is_found_as_it_is_typed(page: Page, crowded: tuple[int, Path]) -> None:
    page.goto(address(crowded[0], "/p/admin/applications/new"))
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.press_sequentially("bus 06")
    expect(page.get_by_role("link", name="Choose Night Bus 069")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Choose Night Bus 069").click()
    expect(page.get_by_label("Plan")).to_contain_text("API: Basic")
