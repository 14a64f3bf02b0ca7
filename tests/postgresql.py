"""A private PostgreSQL for the portal's tests: run a command with it, then throw it away.

    python tests/postgresql.py pytest tests/portal

The command finds the server's URL in TOLLWAY_TEST_DATABASE_URL. It listens on a unix socket only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 20
ACCOUNT = "postgres"  # PostgreSQL refuses to run as root; Debian's package makes this account
OPTIONS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off")


def program(name: str) -> str:
    """Return where a program of the server's is; Debian keeps them off PATH."""
    found = shutil.which(name) or max(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None
    )
    if found is None:
        raise SystemExit("install postgresql (Debian's 15) to test the portal on it")
    return found


def as_account() -> list[str]:
    """Return what to put before a command so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"]


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """Run an empty server; yield its URL."""
    with tempfile.TemporaryDirectory(prefix="tollway-pg-") as name:
        directory = Path(name)
        if os.geteuid() == 0:
            shutil.chown(directory, ACCOUNT, ACCOUNT)
        data = directory / "data"
        make = [program("initdb"), "-D", str(data), "-U", ACCOUNT, "-A", "trust", "-E", "UTF8"]
        made = subprocess.run(
            [*as_account(), *make, "--no-sync", "--no-locale"],
            cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise SystemExit(f"initdb: {made.stderr}")
        options = [word for option in OPTIONS for word in ("-c", option)]
        run = [program("postgres"), "-D", str(data), "-k", str(directory), *options]
        log = directory / "log"
        with log.open("wb") as output:
            server = subprocess.Popen([*as_account(), *run], cwd="/", stderr=output, stdout=output)
        try:
            await_socket(server, directory, log)
            yield f"postgresql://{ACCOUNT}@/postgres?host={directory}"
        finally:
            server.send_signal(signal.SIGINT)  # ends without waiting for its clients
            server.wait(PATIENCE_S)


def await_socket(server: subprocess.Popen[bytes], directory: Path, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    ready = [program("pg_isready"), "-q", "-h", str(directory)]
    while subprocess.run(ready, check=False).returncode:
        if server.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.05)


if __name__ == "__main__":
    with postgres_server() as url:
        os.environ["TOLLWAY_TEST_DATABASE_URL"] = url
        sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
