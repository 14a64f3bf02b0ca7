"""A new database is made from the models, and is what the migrations would have made."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from postgresql import program

WAYS = {
    "models": "from tollway.cli.migrating import create; create()",
    "migrations": "from django.core.management import call_command; call_command('migrate')",
}
SERVER = os.environ.get("TOLLWAY_TEST_DATABASE_URL", "")
UNUSED = "auth_group_permissions"  # Django's own; its id has a smaller type in models
TABLE = re.compile(r"CREATE TABLE \S+ \((.*?)\)(?:;|$)", re.DOTALL)


def make(way: str, directory: Path, database_url: str = "") -> None:
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tollway.portal.settings",
        "TOLLWAY_DATA_DIR": str(directory),
        "TOLLWAY_DATABASE_URL": database_url,
    }
    code = f"import django; django.setup(); {WAYS[way]}"
    subprocess.run([sys.executable, "-c", code], env=environ, check=True, stdout=subprocess.PIPE)


def ordered(definition: str) -> str:
    """Sort the columns and constraints of a table: later migrations have put theirs at its end."""
    inside = TABLE.fullmatch(definition.strip())
    return "\n".join(sorted(parts(inside[1]))) if inside else definition


def parts(inside: str) -> Iterable[str]:
    """Split at the commas that are in no parentheses.

    >>> list(parts("a int, b numeric(1, 2)"))
    ['a int', 'b numeric(1, 2)']
    """
    part, depth = "", 0
    for character in inside:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += character
    yield part.strip()


def without_former_names(dump: str) -> str:
    """Forget the names that what belongs to a renamed table has kept, and hashes of them."""
    return re.sub(r"_[0-9a-f]{8}(?=\b|_fk_)", "", dump.replace("web_signintry_", "web_formtry_"))


def test_sqlite_is_the_same_both_ways(tmp_path: Path) -> None:
    found = {}
    for way in WAYS:
        directory = tmp_path / way
        directory.mkdir()
        make(way, directory)
        with closing(sqlite3.connect(directory / "tollway.sqlite3")) as database:
            rows = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            found[way] = {(kind, name): ordered(sql or "") for kind, name, sql in rows}
            found[way] |= {("applied", key): "" for key in applied(database)}
    assert len(found["models"]) > 300
    assert found["models"] == found["migrations"]


def applied(database: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(database.execute("SELECT app, name FROM django_migrations").fetchall())


@pytest.mark.skipif(not SERVER, reason="there is no PostgreSQL")
def test_postgresql_is_the_same_both_ways(tmp_path: Path) -> None:
    found = {}
    for way in WAYS:
        name = f"made_from_{way}"
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            server.execute(f"CREATE DATABASE {name}".encode())
        url = urlsplit(SERVER)._replace(path=f"/{name}").geturl()
        make(way, tmp_path, url)
        command = [program("pg_dump"), "--schema-only", "--no-owner", url]
        dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        statements = re.findall(r"^(?:CREATE|ALTER) .*?;$", dump, re.DOTALL | re.MULTILINE)
        found[way] = sorted(
            ordered(without_former_names(each)) for each in statements if UNUSED not in each
        )
    assert len(found["models"]) > 300
    assert found["models"] == found["migrations"]
