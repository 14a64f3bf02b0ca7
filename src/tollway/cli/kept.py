"""Kept data and the Tollway that meets them: which of the two is older, and copies of the data.

A database says which migrations were applied to it; Tollway knows which there are. This looks
without Django, because `up` does so at each start, before it starts anything.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path

from tollway import clock
from tollway.cli.datadir import DataDir
from tollway.cli.refused import RefusedError

COPIES_MAX = 3  # of kept data; the oldest goes when another one is made
DJANGO_APPS = ("auth", "contenttypes", "sessions")  # whose migrations are Django's own

Migrations = frozenset[tuple[str, str]]  # (app, name)


class Standing(StrEnum):
    FRESH = "fresh"  # there is nothing yet
    CURRENT = "current"
    OLDER = "older"  # to be migrated


def standing(applied: Migrations, known: Migrations, where: str) -> Standing:
    """Compare what was applied to the data ``where`` with what is known here.

    Raises ``RefusedError`` for data to which a newer Tollway has applied something of its own.
    """
    if unknown := sorted(applied - known):
        app, name = unknown[0]
        raise RefusedError(
            f"the data in {where} are of a newer Tollway (unknown here: {app}.{name}"
            f"{f' and {len(unknown) - 1} more' if len(unknown) > 1 else ''})."
            " Use that version, or another --data-dir"
        )
    if not applied:
        return Standing.FRESH
    return Standing.OLDER if known - applied else Standing.CURRENT


def known() -> Migrations:
    """List the migrations of this Tollway, as Django finds them."""
    portal = Path(__file__).parent.parent / "portal"
    django = importlib.util.find_spec("django")
    contrib = Path(next(iter(django.submodule_search_locations or ())) if django else "", "contrib")
    folders = [*portal.glob("*/migrations"), *(contrib / app / "migrations" for app in DJANGO_APPS)]
    return frozenset(
        (folder.parent.name, file.stem) for folder in folders for file in folder.glob("[!_]*.py")
    )


def applied(database: Path) -> Migrations:
    """List the migrations that were applied to an SQLite database, which may not be there yet."""
    if not database.exists():
        return frozenset()
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if ("django_migrations",) not in tables.fetchall():
            return frozenset()
        return frozenset(connection.execute("SELECT app, name FROM django_migrations"))


@contextmanager
def copied(data: DataDir, *, with_store: bool) -> Iterator[Path]:
    """Copy what is kept beside the database, and keep the copy if the block does not raise.

    Yields the copy's directory, for the database to be put into. ``with_store``: the store's files
    are in the data directory, and its server does not run.
    """
    draft = data.copies / ".draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    data.copies.chmod(0o700)
    try:
        for file in (data.version, data.credentials):
            if file.exists():
                shutil.copy2(file, draft)
        if with_store and data.valkey.exists():
            shutil.copytree(data.valkey, draft / data.valkey.name)
        yield draft
        draft.rename(data.copies / f"{clock.utc_now():%Y%m%dT%H%M%SZ}")
    except BaseException:
        shutil.rmtree(draft)
        raise
    for old in sorted(data.copies.iterdir())[:-COPIES_MAX]:
        shutil.rmtree(old)


@contextmanager
def replaced(database: Path, copy: Path) -> Iterator[Path]:
    """Yield a copy of an SQLite database to be changed; it takes the other's place after the block.

    The old one goes into the directory ``copy`` then. If the block raises, or all of it is killed,
    the old one stays as it was. Nobody else can use it meanwhile; raises ``RefusedError`` if
    somebody does.
    """
    draft = database.with_name(f"upgrading-{database.name}")
    _remove(draft)
    with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as old:
        try:
            # Leaving the write-ahead log takes the only connection that there is, and makes the
            # database one file. This lock outlives the transaction, in which none may be copied.
            old.execute("PRAGMA journal_mode=DELETE")
            old.execute("PRAGMA locking_mode=EXCLUSIVE")
            old.execute("BEGIN EXCLUSIVE")
            old.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise RefusedError(f"another process uses {database}: stop it first") from error
        try:
            with closing(sqlite3.connect(draft)) as new:
                old.backup(new)
            yield draft
            os.link(database, copy / database.name)
            draft.rename(database)
        finally:
            _remove(draft)


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
