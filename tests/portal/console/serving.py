"""A portal of its own in a process of its own, as `tollway portal` runs it, for a real browser.

Each begins with a copy of one data directory of the whole test run, for static files take seconds
to compress. As a program (`python -m portal.console.serving`) this makes it: a database with Acme,
as in every test, and the static files.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]
PATIENCE_S = 10
STARTING_S = 60  # on a machine that is busy with other tests


def environ_of(data_dir: Path) -> dict[str, str]:
    """Return what a process needs to know to use this directory's database."""
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
        "DJANGO_SETTINGS_MODULE": "tollway.portal.settings",
        "TOLLWAY_DATA_DIR": str(data_dir),
        "TOLLWAY_SECRET_KEY": "5e" * 32,
        "TOLLWAY_DATABASE_URL": "",
    }


def filled() -> Path:
    """Return the data directory to begin with; the first process of the run that asks makes it."""
    whole = Path(os.environ["TOLLWAY_TEST_DIRECTORY"], "filled")  # see portal_settings.py
    with whole.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            begun = whole.with_suffix(".begun")
            command = [sys.executable, "-m", "portal.console.serving"]
            subprocess.run(command, env=environ_of(begun), check=True)
            begun.rename(whole)
    return whole


@contextmanager
def served_portal(data_dir: Path) -> Iterator[int]:
    """Yield the port of a portal on 127.0.0.1 with Acme in it, and the master."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environ = environ_of(data_dir) | {"TOLLWAY_PORTAL_ORIGIN": f"http://*:{port}"}
    shutil.copytree(filled(), data_dir, dirs_exist_ok=True)
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    where = ["--host", "127.0.0.1", "--port", str(port), "tollway.portal.wsgi:application"]
    with (data_dir / "portal.log").open("wb") as log:
        process = subprocess.Popen([*granian, *where], env=environ, stdout=log, stderr=log)
    try:
        wait_until_it_answers(port)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def wait_until_it_answers(port: int) -> None:
    end = time.monotonic() + STARTING_S
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/status").status_code == 200:
                return
        except httpx.TransportError:
            assert time.monotonic() < end, "the portal did not start"


def fill() -> None:
    import django

    django.setup()
    from portal.apidocs.texts import text
    from portal.people import BY, make_master, make_provider
    from tollway.cli import migrating
    from tollway.portal.accounts.services import update_settings
    from tollway.portal.apidocs.services import create_document
    from tollway.portal.web import assets

    assets.collect()  # here nobody waits for it with a bound
    migrating.create()
    acme = make_provider(make_master(), "acme")
    switches = {"account_plans_ui_visible": True, "service_plans_ui_visible": True}
    update_settings(acme.tenant, by=BY, **switches)
    create_document(
        acme.tenant, by=BY, name="Echo", body=text(), product=acme.product, published=True
    )


if __name__ == "__main__":
    fill()
