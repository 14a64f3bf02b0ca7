"""Data directories that earlier versions have left, in tests/kept, and how another one is made.

    cd tests; python -m acceptance.keeping NAME COMMAND...

COMMAND starts the version whose data are to be kept. It is run once on SQLite and once on a
PostgreSQL of its own, used a little, and ended; what it leaves is written to tests/kept/NAME:
databases as SQL, the rest of the data directory as it is, and the facts that must stay true.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from msgspec.structs import asdict

from acceptance.conftest import Installation
from acceptance.world import Product, World, eventually
from postgresql import postgres_server, program

KEPT = Path(__file__).parent.parent / "kept"
DIRECTORY, DATABASE, FACTS = "data", "database.sql", "facts.json"
ECHO = "https://echo-api.3scale.net:443"  # wherever the Echo API of an installation listens
LIMIT, CALLS = 5, 3


class Facts(Struct, frozen=True):
    """What is true of the data. ``rows`` of usage are (product, application, metric, units)."""

    credentials: dict[str, Any]
    product_id: int
    user_key: str
    version: int  # of the product's configuration
    rows: list[tuple[int, int, int, int]]


def kinds() -> list[str]:
    """Name the data that there are for the database of this test run."""
    kind = "postgresql" if os.environ.get("TOLLWAY_TEST_DATABASE_URL") else "sqlite"
    return [f"{name.name}/{kind}" for name in sorted(KEPT.iterdir()) if name.is_dir()]


def unpack(name: str, installation: Installation) -> Facts:
    """Make the data of one of ``kinds`` those of an installation that does not run."""
    source = KEPT / name
    shutil.copytree(source / DIRECTORY, installation.data)
    script = (source / DATABASE).read_text()
    if url := installation.environ.get("TOLLWAY_DATABASE_URL"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(script.encode())
    else:
        with closing(sqlite3.connect(installation.data / "tollway.sqlite3")) as database:
            database.executescript(script)
    return msgspec.json.decode((source / FACTS).read_bytes(), type=Facts)


def usage_rows(installation: Installation) -> list[tuple[int, int, int, int]]:
    """Read what was recorded, whatever the quarters of an hour."""
    query = (
        "SELECT product_id, application_id, metric_id, CAST(sum(value) AS integer)"
        " FROM analytics_usagerow GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    if url := installation.environ.get("TOLLWAY_DATABASE_URL"):
        with psycopg.connect(url) as connection:
            return [tuple(row) for row in connection.execute(query).fetchall()]
    with closing(sqlite3.connect(installation.data / "tollway.sqlite3")) as database:
        return list(database.execute(query))


def use(installation: Installation) -> Facts:
    """Call the sample API and one of our own that is limited; return what is true then."""
    status = installation.status()
    with closing(World(status)) as world:
        sample = Product(world, status["service_id"])
        sample.update_proxy(api_backend=ECHO)
        sample.promote()
        product = world.product()
        product.update_proxy(api_backend=ECHO)
        product.promote()
        plan = product.plan()
        product.limit(plan, "hits", "eternity", LIMIT)
        key = product.application(plan)["user_key"]
        product.serves(key)
        product.limits(key, LIMIT)
        for _ in range(CALLS):
            assert product.call("/", user_key=key).status_code == 200

        def recorded() -> bool:
            return any(row[0] == product.id and row[3] == CALLS for row in usage_rows(installation))

        eventually(recorded, "usage recorded")
        credentials = {name: status[name] for name in ("admin", "access_token", "user_key")}
        return Facts(credentials, product.id, key, product.version(), [])


def make(target: Path, command: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="tollway-") as directory:
        installation = Installation(Path(directory), command)
        installation.up()
        try:
            facts = use(installation)
        finally:
            installation.down()
        facts = Facts(**{**asdict(facts), "rows": usage_rows(installation)})
        target.mkdir(parents=True)
        for name in ("VERSION", "secret", "gateway-token", "credentials.json"):
            (target / DIRECTORY).mkdir(exist_ok=True)
            shutil.copy(installation.data / name, target / DIRECTORY)
        shutil.copytree(installation.data / "valkey", target / DIRECTORY / "valkey")
        (target / DATABASE).write_text(dump(installation))
        (target / FACTS).write_bytes(msgspec.json.format(msgspec.json.encode(facts)) + b"\n")


def dump(installation: Installation) -> str:
    """Return the database as SQL that a client can send as it is."""
    if url := installation.environ.get("TOLLWAY_DATABASE_URL"):
        options = ("--inserts", "--no-owner", "--no-privileges")
        dumped = subprocess.run(
            [program("pg_dump"), *options, url], stdout=subprocess.PIPE, text=True, check=True
        )
        lines = dumped.stdout.splitlines()
        # Not for the server: commands of psql, comments.
        return (
            "\n".join(line for line in lines if line and not line.startswith(("\\", "--"))) + "\n"
        )
    with closing(sqlite3.connect(installation.data / "tollway.sqlite3")) as database:
        return "\n".join(database.iterdump()) + "\n"


if __name__ == "__main__":
    made, *command = sys.argv[1:]
    make(KEPT / made / "sqlite", command)
    with postgres_server() as server:
        os.environ["TOLLWAY_TEST_DATABASE_URL"] = server
        make(KEPT / made / "postgresql", command)
