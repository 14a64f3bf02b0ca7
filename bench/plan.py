"""The page of a plan with many metrics, in a real browser. Run: python bench/plan.py [200]

It serves a portal with one product of two metrics and one of many, and opens the plan of each: how
many queries the page takes, its bytes as they are sent and as they are read, when it can be used,
and how long one cell takes from the Enter key to the message that tells of it; then back by Undo.
The best of several rounds counts: other work can only slow one down.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from msgspec import Struct, json
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # not bench: its names are packages there

from portal.console.serving import environ_of, served_portal  # noqa: E402

ROUNDS = 5
FEW = 2


class Filled(Struct, frozen=True):
    plan: int
    queries: int


class Seen(Struct, frozen=True):
    """Bytes, and milliseconds."""

    sent: int
    read: int
    usable: float
    changed: float
    undone: float


def fill(metrics: int) -> Filled:
    """Make a product with so many metrics and a plan; count what its page asks the database."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from portal.people import BY, PASSWORD
    from tollway.portal.catalog.services import create_method, create_metric
    from tollway.portal.plans.services import create_application_plan, create_limit, create_product
    from tollway.portal.tenants.models import Tenant

    tenant = Tenant.objects.get(subdomain="acme")
    product = create_product(tenant, by=BY, name=f"With {metrics}")
    plan = create_application_plan(product, by=BY, name="Full")
    for number in range(metrics - 1):  # hits is there
        name = f"m{number}"
        fields = {"friendly_name": f"Metric {number}", "system_name": name}
        if number % 2:
            row = create_method(product, by=BY, **fields)
        else:
            row = create_metric(product, by=BY, unit="page", **fields)
        create_limit(plan, row, by=BY, period="hour", value=number + 1)
    client = Client(headers={"host": "acme-admin.localhost:3000"})
    client.post("/p/login", {"username": "admin", "password": PASSWORD})
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/apiconfig/application_plans/{plan.pk}/edit").status_code == 200
    return Filled(plan.pk, len(captured))


def filled(data_dir: Path, metrics: int) -> Filled:
    """Fill the database of the served portal, in a process of its own."""
    command = [sys.executable, __file__, "--fill", str(metrics)]
    done = subprocess.run(command, env=environ_of(data_dir), stdout=subprocess.PIPE, check=True)
    return json.decode(done.stdout.splitlines()[-1], type=Filled)


def look(page: Page, url: str) -> Seen:
    """Open the plan, change a cell in the middle of its table, and take that back."""
    page.goto(url)
    told = page.evaluate(
        "(() => { const [it] = performance.getEntriesByType('navigation');"
        " return [it.encodedBodySize, it.decodedBodySize, it.domContentLoadedEventEnd]; })()"
    )
    cells = page.locator("[data-cell]")
    cell = cells.nth(cells.count() // 2)
    cell.click()
    page.keyboard.type("77")
    start = time.perf_counter()
    page.keyboard.press("Enter")
    undo = page.locator("[data-toast]").get_by_role("button", name="Undo")
    undo.wait_for()
    changed = time.perf_counter() - start
    start = time.perf_counter()
    undo.click()
    expect(cell).not_to_have_text("77")
    undone = time.perf_counter() - start
    return Seen(*told, changed * 1000, undone * 1000)


def best_of(seen: list[Seen]) -> Seen:
    return Seen(*(min(getattr(each, name) for each in seen) for name in Seen.__struct_fields__))


def measure(data_dir: Path, many: int) -> None:
    from portal.console.browsing import CHROMIUM, FLAGS, address, signed_in

    with served_portal(data_dir) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        state = signed_in(browser, port)
        print(
            f"{'metrics':>8}{'queries':>9}{'sent':>10}{'read':>10}{'usable':>9}{'changed':>9}{'undone':>9}"
        )
        for metrics in (FEW, many):
            made = filled(data_dir, metrics)
            url = address(port, f"/apiconfig/application_plans/{made.plan}/edit")
            page = browser.new_context(storage_state=state).new_page()
            seen = best_of([look(page, url) for _ in range(ROUNDS)])
            print(
                f"{metrics:8}{made.queries:9}{seen.sent / 1000:7.0f} kB{seen.read / 1000:7.0f} kB"
                f"{seen.usable:6.0f} ms{seen.changed:6.0f} ms{seen.undone:6.0f} ms"
            )
        browser.close()


def set_up(data_dir: Path) -> None:
    """Let this process know the database, too: what signs in knows people by their rows."""
    import django

    os.environ |= environ_of(data_dir)
    django.setup()


def main(words: list[str]) -> None:
    if words[:1] == ["--fill"]:
        print(json.encode(fill(int(words[1]))).decode())
        return
    with tempfile.TemporaryDirectory(prefix="tollway-") as directory:
        set_up(Path(directory))
        measure(Path(directory), int(words[0]) if words else 200)


if __name__ == "__main__":
    main(sys.argv[1:])
