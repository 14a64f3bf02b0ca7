"""A served portal for all browser tests of a run, and a browser for each module of them.

Modules that use the browser use no database of their own: Playwright's loop runs in their thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from portal.console.browsing import CHROMIUM, FLAGS, Ear, signed_in
from portal.console.serving import served_portal


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the browser out of a run on PostgreSQL: the served portal keeps its data in SQLite."""
    if not os.environ.get("TOLLWAY_TEST_DATABASE_URL"):
        return
    served = [item for item in items if "port" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=served)
    items[:] = [item for item in items if item not in served]


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served_portal(tmp_path_factory.mktemp("portal")) as port:
        yield port


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=10_000)  # as everything that is polled for
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def admin_state(browser: Browser, port: int) -> StorageState:
    """The cookies of Acme's admin."""
    return signed_in(browser, port)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor who has not signed in, on whose page nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield from _heard(context.new_page())
    context.close()


@pytest.fixture
def admin_page(browser: Browser, admin_state: StorageState) -> Iterator[Page]:
    """Acme's admin, signed in, on whose page nothing may go wrong."""
    context = browser.new_context(
        storage_state=admin_state, viewport={"width": 1440, "height": 900}
    )
    yield from _heard(context.new_page())
    context.close()


def _heard(page: Page) -> Iterator[Page]:
    ear = Ear(page)
    yield page
    assert not ear.complaints
