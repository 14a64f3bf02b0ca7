"""Takes the pictures of README again, of the Tollway that runs here and has just been set up.

    ./tollway up --detach && .venv/bin/python tests/acceptance/pictures.py

An argument names another data directory. It calls the sample product a little, and tests it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * 127.0.0.1"]
CALLS = 240


def main(*options: str) -> None:
    said = subprocess.run(
        [ROOT / "tollway", "status", "--json", *options], stdout=subprocess.PIPE,
        check=True,
    ).stdout  # fmt: skip
    status = json.loads(said)
    urls = f"{status['production']}/v1/stops/[1-{CALLS}]?user_key={status['user_key']}"
    subprocess.run(["curl", "--silent", "--output", "/dev/null", urls], check=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        take(browser.new_page(viewport={"width": 1440, "height": 1000}), status)


def take(page: Page, status: dict[str, Any]) -> None:
    portal, admin = status["admin_portal"], status["admin"]
    page.goto(f"{portal}/p/login")
    page.fill("#username", admin["username"])
    page.fill("#password", admin["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/p/admin/dashboard")
    page.goto(f"{portal}/apiconfig/services/{status['service_id']}/integration")
    page.fill("#id_api_test_path", "/v1/fast/track")
    with page.expect_navigation():
        page.click("#update-and-test")
    page.wait_for_selector("#outcome[data-outcome=passed]")
    page.goto(f"{portal}/p/admin/dashboard")
    page.wait_for_selector("[data-chart] svg")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / "dashboard.png")
    page.goto(f"{portal}/apiconfig/services/{status['service_id']}/integration")
    page.screenshot(path=PICTURES / "integration.png")


if __name__ == "__main__":
    main(*(f"--data-dir={directory}" for directory in sys.argv[1:]))
