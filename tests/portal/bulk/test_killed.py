"""Worker processes that are killed amid a run, and two at once: every row is done, and once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import servers
from tollway.portal.bulk.services import BATCH

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30
ROWS = 6 * BATCH + 7


class Installation:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        ours = ("TOLLWAY_", "DJANGO_")
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
            "DJANGO_SETTINGS_MODULE": "tollway.portal.settings",
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": "5e" * 32,
        }

    def python(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *arguments]
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(command, env=self.environ, stderr=log, stdout=log)

    def finish(self, *arguments: str) -> None:
        assert self.python(*arguments).wait(PATIENCE_S) == 0, (self.directory / "log").read_text()

    @contextmanager
    def worker(self) -> Iterator[None]:
        """It has no store: the readers that need one fail beside those that do not."""
        process = self.python("tollway.cli.main", "worker")
        try:
            yield
        finally:
            process.kill()
            process.wait(PATIENCE_S)

    def number(self, question: str) -> int:
        path = self.directory / "tollway.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as database, database:
            found: int = database.execute(question).fetchone()[0]
        return found

    @property
    def done(self) -> int:
        return self.number("SELECT done FROM bulk_run")

    def expect_all_done_once(self) -> None:
        assert self.number("SELECT failed FROM bulk_run") == 0
        approved = "FROM events_event WHERE kind = 'account.approved'"
        assert self.number(f"SELECT count(*) {approved}") == ROWS
        assert self.number(f"SELECT count(DISTINCT object_id) {approved}") == ROWS
        assert self.number("SELECT count(*) FROM accounts_account WHERE state = 'pending'") == 0


@pytest.fixture
def installation() -> Iterator[Installation]:
    with servers.short_directory() as directory:
        made = Installation(directory)
        made.finish("tollway.cli.main", "setup")
        made.finish("portal.bulk.starting", "demo", f"{ROWS}")
        yield made


@pytest.mark.timeout(180)
def test_a_run_goes_on_where_a_killed_worker_was(installation: Installation) -> None:
    seen = 0
    while seen < ROWS:
        with installation.worker():
            servers.wait_until(
                lambda: installation.done > seen or installation.done == ROWS,  # noqa: B023
                "a batch is done",
            )
        assert installation.done % BATCH in {0, ROWS % BATCH}
        seen = installation.done
    installation.expect_all_done_once()


@pytest.mark.timeout(180)
def test_two_workers_at_once_do_nothing_twice(installation: Installation) -> None:
    with installation.worker(), installation.worker():
        servers.wait_until(lambda: installation.done == ROWS, "all is done")
    installation.expect_all_done_once()
