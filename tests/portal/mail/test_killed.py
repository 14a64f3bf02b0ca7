"""Worker processes: one is killed between the server's yes and its own note; two run at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import servers
from portal.mail.inbox import Inbox, inbox, listening

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30


class Installation:
    def __init__(self, directory: Path, box: Inbox) -> None:
        self.directory = directory
        ours = ("TOLLWAY_", "DJANGO_")
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
            "DJANGO_SETTINGS_MODULE": "tollway.portal.settings",
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": "5e" * 32,
            "TOLLWAY_SMTP_URL": f"smtp://localhost:{box.port}?tls=none",
            "TOLLWAY_MAIL_FROM": "Tollway <no-reply@platform.example>",
        }

    def python(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *arguments]
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(command, env=self.environ, stderr=log, stdout=log)

    def finish(self, *arguments: str) -> None:
        assert self.python(*arguments).wait(PATIENCE_S) == 0, (self.directory / "log").read_text()

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """It has no store: the readers that need one fail beside the one that does not."""
        process = self.python("tollway.cli.main", "worker")
        try:
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE_S)

    def ask(self, question: str) -> Any:
        path = self.directory / "tollway.sqlite3"
        with closing(sqlite3.connect(path, timeout=20)) as database, database:
            return database.execute(question).fetchone()

    def count(self, state: str) -> int:
        found: int = self.ask(f"SELECT count(*) FROM mail_mail WHERE state = '{state}'")[0]  # noqa: S608
        return found


@contextmanager
def installation(messages: int) -> Iterator[tuple[Installation, Inbox]]:
    with servers.short_directory() as directory, listening(inbox()) as box:
        made = Installation(directory, box)
        made.finish("tollway.cli.main", "setup")
        made.finish("portal.mail.queueing", "demo", f"{messages}")
        yield made, box


@pytest.mark.timeout(120)
def test_a_worker_that_dies_before_it_notes_a_delivery_repeats_that_one_once() -> None:
    with installation(3) as (made, box):
        with made.worker() as first:

            def kill() -> str:
                first.kill()
                first.wait(PATIENCE_S)
                return "250 taken, but nobody hears it"

            box.when_taken = kill
            servers.wait_until(lambda: first.poll() is not None, "it died of its first delivery")
        assert len(box.received) == 1
        assert made.count("waiting") == 3
        box.when_taken = lambda: "250 OK"
        with made.worker():
            servers.wait_until(lambda: made.count("sent") == 2, "the others are sent")
            assert max(Counter(box.ids()).values()) == 1
            # Five minutes later the dead worker's claim ends.
            made.ask("UPDATE mail_mail SET next_try_at = created_at")
            servers.wait_until(lambda: made.count("sent") == 3, "its message is sent, too")
        assert sorted(Counter(box.ids()).values()) == [1, 1, 2]
        assert box.ids()[0] == box.ids()[-1]


@pytest.mark.timeout(120)
def test_two_workers_at_once_send_nothing_twice() -> None:
    with installation(40) as (made, box):
        with made.worker(), made.worker():
            servers.wait_until(lambda: made.count("sent") == 40, "all are sent")
        assert len(box.received) == len(set(box.ids())) == 40
