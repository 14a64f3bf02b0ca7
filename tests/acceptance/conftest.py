"""One running platform for all acceptance tests, started as a user starts it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from acceptance.traffic import Upstream
from acceptance.world import PATIENCE_S, World
from nameserver import NameServer

ROOT = Path(__file__).parent.parent.parent
TOLLWAY = ROOT / "tollway"
UP_S = 300  # on a machine where everything else runs too, and NGINX has yet to be downloaded


def free_port_base() -> int:
    """Return the first of seven ports in a row that nobody listens on."""
    start = 20000 + os.getpid() % 1000 * 10  # elsewhere than another test run beside this one
    for base in range(start, 60000, 10):
        try:
            with ExitStack() as sockets:
                for port in range(base, base + 7):
                    sockets.enter_context(closing(socket.create_server(("127.0.0.1", port))))
        except OSError:
            continue
        return base
    raise AssertionError("no seven free ports in a row")


def environ() -> dict[str, str]:
    """The environment of a user's shell, without what this test run has set for itself."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("TOLLWAY_", "DJANGO_"))}


def database_of_its_own() -> dict[str, str]:
    """Make a database on the server that this run is for; without one (SQLite) set nothing."""
    server = os.environ.get("TOLLWAY_TEST_DATABASE_URL")
    if not server:
        return {}
    name = f"tollway_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return {"TOLLWAY_DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}


class Installation:
    """A data directory, and the commands on it; ``command`` is this Tollway's, or another's."""

    def __init__(self, directory: Path, command: Sequence[str] = (str(TOLLWAY),)) -> None:
        self.data = directory / "data"
        self.command = command
        self.base = free_port_base()
        self.environ = environ() | database_of_its_own()
        self.of_processes = self.environ | {"TOLLWAY_DATA_DIR": str(self.data)}

    def tollway(self, *arguments: str, timeout_s: float = UP_S) -> subprocess.CompletedProcess[str]:
        # A process that outlives its command must not hold the pipes that we read.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                [*self.command, *arguments, "--data-dir", self.data], env=self.environ,
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=timeout_s, check=False,
            )  # fmt: skip
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())

    def up(self) -> str:
        done = self.tollway("up", "--detach", "--port-base", str(self.base))
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.tollway("status", "--json").stdout)
        return found

    def down(self) -> None:
        self.tollway("down", timeout_s=6 * PATIENCE_S)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A short path: sockets have room for little more than a hundred bytes."""
    directory = Path(tempfile.mkdtemp(prefix="tollway-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def names() -> Iterator[NameServer]:
    """Return the name server that the platform asks for proofs of domains."""
    server = NameServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def shared(home: Path, names: NameServer) -> Iterator[Installation]:
    """Start Tollway on an empty directory, for all tests that leave it as it is."""
    installation = Installation(home / "platform")
    installation.environ["TOLLWAY_NAMESERVERS"] = names.address
    try:
        installation.up()
        yield installation
    finally:
        installation.down()


@pytest.fixture(scope="session")
def platform(shared: Installation) -> dict[str, Any]:
    """Return the object that `tollway status --json` prints."""
    return shared.status()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    upstream.start()
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def soak(pytestconfig: pytest.Config) -> bool:
    """Whether to run the long form of what has one."""
    return bool(pytestconfig.getoption("--soak"))


@pytest.fixture(scope="session")
def crowd(*, soak: bool) -> int:
    """How many calls a crowd makes."""
    return 100_000 if soak else 5_000


@pytest.fixture(scope="session")
def world(platform: dict[str, Any]) -> Iterator[World]:
    with closing(World(platform)) as world:
        yield world
