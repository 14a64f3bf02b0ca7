"""Data that an earlier version has left: they go on with this one, or stay as they were."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from acceptance import keeping
from acceptance.conftest import Installation
from acceptance.keeping import CALLS, LIMIT, Facts
from acceptance.world import Product, World, eventually
from tollway.cli import kept
from tollway.cli.datadir import DataDir
from tollway.portal.publish.services import ANEW

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

TRAPS = {
    "sqlite": (
        "CREATE TRIGGER trap BEFORE INSERT ON django_migrations WHEN NEW.app || NEW.name = '{}'"
        " BEGIN SELECT RAISE(ABORT, 'a trap'); END"
    ),
    "postgresql": (
        "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a trap'; END $$;"
        " CREATE TRIGGER trap BEFORE INSERT ON django_migrations"
        " FOR EACH ROW WHEN (NEW.app || NEW.name = '{}') EXECUTE FUNCTION trap()"
    ),
}


@pytest.fixture(params=keeping.kinds())
def name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def installation(home: Path, name: str, request: pytest.FixtureRequest) -> Iterator[Installation]:
    installation = Installation(
        home / f"{request.node.originalname[5:20]}-{name.partition('/')[0]}"
    )
    yield installation
    installation.down()


@pytest.fixture
def facts(installation: Installation, name: str) -> Facts:
    return keeping.unpack(name, installation)


def run(installation: Installation, statement: str) -> None:
    """Change the kept database, whichever it is."""
    if url := installation.environ.get("TOLLWAY_DATABASE_URL"):
        with psycopg.connect(url) as connection:
            connection.execute(statement.encode())
        return
    with closing(sqlite3.connect(DataDir(installation.data).database)) as database:
        database.execute(statement)
        database.commit()


def applied(installation: Installation) -> kept.Migrations:
    if url := installation.environ.get("TOLLWAY_DATABASE_URL"):
        with psycopg.connect(url) as connection:
            return frozenset(connection.execute("SELECT app, name FROM django_migrations"))
    return kept.applied(DataDir(installation.data).database)


def positions(installation: Installation) -> dict[str, int]:
    """Return how far each reader has come."""
    query = "SELECT reader, position FROM events_cursor"
    if url := installation.environ.get("TOLLWAY_DATABASE_URL"):
        with psycopg.connect(url) as connection:
            return dict(connection.execute(query).fetchall())
    with closing(sqlite3.connect(DataDir(installation.data).database)) as database:
        return dict(database.execute(query).fetchall())


def dump(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def files(directory: Path) -> dict[str, str]:
    """Return the digest of each file that is kept; not of what every start writes."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
        and path.relative_to(directory).parts[0] not in {"run", "logs"}
        and not path.name.endswith(("-shm", "-wal"))
    }


def signs_in(world: World, username: str, password: str) -> bool:
    address = f"{world.platform['admin_portal']}/p/login"
    page = world.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
    cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    return world.http.post(address, data=form, headers={"Cookie": cookies}).status_code == 302


def test_they_go_on(installation: Installation, facts: Facts) -> None:
    before = applied(installation)
    said = installation.up()
    status = installation.status()
    assert {name: status[name] for name in facts.credentials} == facts.credentials
    with closing(World(status)) as world:
        call = status["curl"].split('"')[1]
        eventually(lambda: world.get(call).status_code == 200, "the sample call answered")
        assert signs_in(world, status["admin"]["username"], status["admin"]["password"])
        assert not signs_in(world, status["admin"]["username"], "another")
        product = Product(world, facts.product_id)  # its access token is good
        assert product.version() == facts.version
        rows = {row[:3]: row[3] for row in keeping.usage_rows(installation)}
        # The sample has been called since, the other product has not.
        assert all(rows[row[:3]] >= row[3] for row in facts.rows)
        assert (
            {row for row in facts.rows if row[0] == product.id}
            == {(*names, units) for names, units in rows.items() if names[0] == product.id}
            != set()
        )
        assert product.used(facts.user_key) == {"hits": CALLS}
        found = [product.call("/", user_key=facts.user_key).status_code for _ in range(CALLS)]
        assert found == [200] * (LIMIT - CALLS) + [429] * (2 * CALLS - LIMIT)
    assert applied(installation) == kept.known() > before

    data = DataDir(installation.data)
    (copy,) = data.copies.iterdir()
    assert (copy / "credentials.json").exists()
    if not installation.environ.get("TOLLWAY_DATABASE_URL"):
        assert f"a copy stays in {data.copies}" in said
        assert kept.applied(copy / "tollway.sqlite3") == before
    installation.down()
    assert "Upgrading" not in installation.up()
    assert list(data.copies.iterdir()) == [copy], "there was nothing to upgrade any more"
    eventually(lambda: positions(installation)[ANEW] == 0, "everything published once more")


# As the guide for operators has it.
RESTORE = "rm -rf tollway.sqlite3* valkey && cp -a copies/*/. ."


def test_a_copy_is_what_was_there_and_can_be_put_back(
    installation: Installation, facts: Facts
) -> None:
    data = DataDir(installation.data)
    sqlite = not installation.environ.get("TOLLWAY_DATABASE_URL")
    database = dump(data.database) if sqlite else []
    store = files(data.valkey)
    made = installation.tollway("setup")
    assert made.returncode == 0, made.stderr
    (copy,) = data.copies.iterdir()
    assert files(copy / "valkey") == store != {}
    assert (dump(copy / "tollway.sqlite3") if sqlite else []) == database

    shutil.rmtree(data.valkey)
    subprocess.run(["sh", "-c", RESTORE], cwd=data.path, check=True)
    assert files(data.valkey) == store
    assert (dump(data.database) if sqlite else []) == database


def test_what_fails_leaves_them_as_they_were(installation: Installation, facts: Facts) -> None:
    url = installation.environ.get("TOLLWAY_DATABASE_URL")
    before = applied(installation)
    last = max(kept.known() - before)
    run(installation, TRAPS["postgresql" if url else "sqlite"].format("".join(last)))
    data = DataDir(installation.data)
    there = dump(data.database) if not url else []
    up = installation.tollway("up", "--detach", "--port-base", str(installation.base))
    assert up.returncode == 1
    (why,) = [line for line in up.stdout.splitlines() if line.startswith("tollway: ")]
    assert "could not be upgraded, and are as they were" in why
    assert "a trap" in why
    assert applied(installation) == before
    assert (dump(data.database) if not url else []) == there
    assert not list(data.copies.iterdir())
    assert set(keeping.usage_rows(installation)) == set(facts.rows)
    assert not list(installation.data.glob("upgrading*"))


def test_those_of_a_newer_version_are_refused_and_nothing_is_changed(
    installation: Installation, facts: Facts
) -> None:
    run(
        installation,
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('catalog', '9999_future', '2030-01-01'), ('moon', '0001', '2030-01-01')",
    )
    installation.tollway("setup")  # writes nothing, but makes SQLite's log
    (installation.data / "internal-password").write_text("5e" * 32)  # a newer one has it
    before, migrations = files(installation.data), applied(installation)
    for command in (["up", "--detach", "--port-base", str(installation.base)], ["setup"]):
        refused = installation.tollway(*command)
        assert refused.returncode == 1
        (why,) = [
            line
            for line in (refused.stdout + refused.stderr).splitlines()
            if line.startswith("tollway: ")
        ]
        assert "are of a newer Tollway (unknown here: catalog.9999_future and 1 more)" in why
    after = files(installation.data)
    after.pop("ports.json", None)
    before.pop("ports.json", None)
    assert after == before
    assert applied(installation) == migrations
