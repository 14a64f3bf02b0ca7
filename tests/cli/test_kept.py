from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from tollway.cli import kept
from tollway.cli.datadir import DataDir
from tollway.cli.kept import Standing
from tollway.cli.refused import RefusedError

A, B, C = ("a", "0001"), ("a", "0002"), ("b", "0001")


@pytest.fixture
def database(data: DataDir) -> Path:
    """A database of one table with one row, as the portal leaves it: with a write-ahead log."""
    data.prepare()
    with closing(sqlite3.connect(data.database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
    return data.database


def rows(database: Path) -> list[int]:
    with closing(sqlite3.connect(database)) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")]


def add(database: Path, number: int) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        connection.commit()


def test_a_look_without_django_finds_what_django_finds() -> None:
    assert kept.known() == frozenset(MigrationLoader(None).disk_migrations)


@pytest.mark.parametrize(
    ("applied", "standing"),
    [((), Standing.FRESH), ((A, B), Standing.CURRENT), ((A,), Standing.OLDER)],
)
def test_data_are_what_was_applied_to_them(
    applied: tuple[tuple[str, str], ...], standing: Standing
) -> None:
    assert kept.standing(frozenset(applied), frozenset({A, B}), "/d") is standing


@pytest.mark.parametrize(
    ("applied", "unknown"), [((A, B, C), "b.0001"), ((B, C), "a.0002 and 1 more")]
)
def test_data_with_more_than_is_known_are_of_a_newer_tollway(
    applied: tuple[tuple[str, str], ...], unknown: str
) -> None:
    known = frozenset({A, B} if C in applied and A in applied else {A})
    with pytest.raises(RefusedError) as refused:
        kept.standing(frozenset(applied), known, "/d")
    assert f"the data in /d are of a newer Tollway (unknown here: {unknown})" in str(refused.value)


def test_what_was_applied_is_read_and_nothing_is_made(data: DataDir, database: Path) -> None:
    assert kept.applied(data.path / "nothing.sqlite3") == frozenset()
    assert not (data.path / "nothing.sqlite3").exists()
    assert kept.applied(database) == frozenset(), "a first start that came to nothing"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE django_migrations (id, app, name)")
        connection.execute("INSERT INTO django_migrations VALUES (1, 'a', '0001')")
        connection.commit()
    assert kept.applied(database) == {A}


def test_a_copy_is_private_and_holds_what_belongs_together(data: DataDir) -> None:
    data.prepare()
    data.credentials.write_text("{}")
    (data.valkey / "appendonlydir").mkdir()
    (data.valkey / "appendonlydir" / "x.aof").write_text("x")
    with kept.copied(data, with_store=True) as draft:
        (draft / data.database.name).write_text("the database")
    (copy,) = data.copies.iterdir()
    found = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    assert found == {"VERSION", "credentials.json", "tollway.sqlite3", "valkey/appendonlydir/x.aof"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data.copies, copy)} == {0o700}


def test_a_store_outside_is_not_copied(data: DataDir) -> None:
    data.prepare()
    with kept.copied(data, with_store=False):
        pass
    (copy,) = data.copies.iterdir()
    assert [path.name for path in copy.iterdir()] == ["VERSION"]


def test_the_newest_copies_stay(data: DataDir) -> None:
    data.prepare()
    for year in range(2020, 2026):
        (data.copies / f"{year}0101T000000Z" / "valkey").mkdir(parents=True)
    with kept.copied(data, with_store=True):
        pass
    names = sorted(path.name for path in data.copies.iterdir())
    assert len(names) == kept.COPIES_MAX
    assert names[:2] == ["20240101T000000Z", "20250101T000000Z"]


def test_of_an_upgrade_that_failed_no_copy_stays(data: DataDir) -> None:
    data.prepare()
    with pytest.raises(ZeroDivisionError), kept.copied(data, with_store=True):
        raise ZeroDivisionError
    assert list(data.copies.iterdir()) == []


def test_a_changed_database_takes_the_place_of_the_other(data: DataDir, database: Path) -> None:
    copy = data.path / "copy"
    copy.mkdir()
    with kept.replaced(database, copy) as draft:
        add(draft, 2)
        assert rows(draft) == [1, 2]
    assert rows(database) == [1, 2]
    assert rows(copy / database.name) == [1]
    assert [path.name for path in data.path.glob("*sqlite3*")] == [database.name]


def test_what_fails_leaves_the_database_as_it_was(data: DataDir, database: Path) -> None:
    with pytest.raises(TypeError), kept.replaced(database, data.path) as draft:
        add(draft, 2) + 1  # type: ignore[func-returns-value]
    assert rows(database) == [1]
    assert [path.name for path in data.path.glob("*sqlite3*")] == [database.name]


def test_what_is_killed_leaves_the_database_as_it_was(data: DataDir, database: Path) -> None:
    killed = (
        "import os, sqlite3, sys; from pathlib import Path; from tollway.cli import kept\n"
        "with kept.replaced(Path(sys.argv[1]), Path(sys.argv[2])) as draft:\n"
        "    connection = sqlite3.connect(draft)\n"
        "    connection.execute('INSERT INTO t VALUES (7)')\n"
        "    connection.commit()\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    copy = data.path / "copy"
    copy.mkdir()
    ended = subprocess.run([sys.executable, "-c", killed, database, copy], check=False)
    assert ended.returncode == -9
    assert rows(database) == [1]
    with kept.replaced(database, copy) as draft:
        assert rows(draft) == [1], "the next try begins anew"


def test_a_database_that_another_process_has_open_is_refused(database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("SELECT n FROM t").fetchall()
        with (
            pytest.raises(RefusedError, match="another process uses"),
            kept.replaced(database, database.parent),
        ):
            raise AssertionError
    assert rows(database) == [1]


def test_nobody_writes_to_a_database_that_is_being_replaced(database: Path) -> None:
    copy = database.parent / "copy"
    copy.mkdir()
    with kept.replaced(database, copy):
        # A process of its own: one that closes a file gives up all its locks on it.
        writing = (
            "import sqlite3, sys\n"
            "sqlite3.connect(sys.argv[1], timeout=0).execute('INSERT INTO t VALUES (3)')"
        )
        other = subprocess.run(
            [sys.executable, "-c", writing, database], capture_output=True, check=False
        )
    assert b"database is locked" in other.stderr
    assert [path.name for path in copy.iterdir()] == [database.name]
