"""What `up` refuses before it starts anything; ``tests/acceptance`` has it start."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tollway import clock
from tollway.cli.datadir import DataDir
from tollway.cli.refused import RefusedError
from tollway.cli.up import Up
from tollway.config import SettingsError


class Silence:
    def say(self, text: str) -> None:
        raise AssertionError(f"nothing was to be said yet: {text}")

    ready = say


def up(data: DataDir, **environ: str) -> Up:
    data.prepare()
    environ |= {"TOLLWAY_DATA_DIR": str(data.path)}
    return Up(data, environ, began_s=clock.since_boot_s(), voice=Silence())


def test_ports_are_looked_at_first(data: DataDir) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(RefusedError, match=rf"{port} \(staging\) by .*process {os.getpid()}"):
            up(data, TOLLWAY_PORT_STAGING=str(port)).run()
    assert not data.ports.exists(), "ports that were not to be had are not remembered"


def test_settings_that_are_wrong_are_said_at_once(data: DataDir) -> None:
    with pytest.raises(SettingsError, match="TOLLWAY_PORT_ECHO"):
        up(data, TOLLWAY_PORT_ECHO="echo")


def test_a_store_that_is_not_there_is_named_by_its_setting(data: DataDir) -> None:
    away = up(data, TOLLWAY_VALKEY_URL="valkey://:secret@127.0.0.1:1")
    with pytest.raises(RefusedError, match=r"^TOLLWAY_VALKEY_URL: 127\.0\.0\.1:1 does not answer"):
        away.run()
    assert not list(data.logs.iterdir()), "nothing was started"


def test_data_of_a_newer_tollway_are_refused_before_anything_is_started(data: DataDir) -> None:
    data.prepare()
    with closing(sqlite3.connect(data.database)) as database:
        database.execute("CREATE TABLE django_migrations (id, app, name)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'catalog', '9999_future')")
        database.commit()
    with pytest.raises(RefusedError, match=r"unknown here: catalog\.9999_future"):
        up(data).run()
    assert not list(data.logs.iterdir())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://u:secret@127.0.0.1:1/d", "TOLLWAY_DATABASE_URL: cannot use the database: "),
        ("mysql://u:secret@db/d", "TOLLWAY_DATABASE_URL must look like postgresql://"),
    ],
)
def test_a_database_that_is_not_there_is_named_by_its_setting(
    data: DataDir, url: str, message: str
) -> None:
    # A process of its own, as supervising changes how a process takes signals.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    done = subprocess.run(
        [sys.executable, "-m", "tollway.cli.main", "up", "--data-dir", data.path],
        env={**mine, "TOLLWAY_DATABASE_URL": url, "TOLLWAY_NGINX": "/no/nginx"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"tollway: {message}" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert [log.name for log in data.logs.iterdir()] == ["setup.log"], "nothing else was started"
