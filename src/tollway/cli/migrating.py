"""Brings the portal's database up to date: all of it, or not at all, and with a copy kept.

SQLite is migrated on a copy that takes its place at the end. PostgreSQL is migrated in one
transaction: copying it is for its operator, as the guide for operators says.
"""

from __future__ import annotations

import os
import traceback

from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from tollway.cli import kept
from tollway.cli.datadir import DataDir
from tollway.cli.kept import Standing
from tollway.cli.refused import RefusedError
from tollway.config import Settings
from tollway.portal.publish.services import ask_for_everything


def migrate(settings: Settings) -> None:
    """Make the database, or bring it up to date. Raises ``RefusedError``, and has changed nothing.

    So it does for data of a newer Tollway, for a database that is away, and for a migration that
    fails.
    """
    data = DataDir(settings.data_dir)
    data.check_format()
    where = connection.settings_dict["NAME"] if settings.database_url else data.path
    match kept.standing(*_applied_and_known(), where=str(where)):
        case Standing.FRESH:
            call_command("migrate", interactive=False, verbosity=0)
        case Standing.OLDER:
            _upgrade(data, settings)
        case Standing.CURRENT:
            pass


def _applied_and_known() -> tuple[kept.Migrations, kept.Migrations]:
    try:
        loader = MigrationLoader(connection)
    except OperationalError as error:
        said = " ".join(str(error).split())
        raise RefusedError(f"TOLLWAY_DATABASE_URL: cannot use the database: {said}") from error
    return frozenset(loader.applied_migrations), frozenset(loader.disk_migrations)


def _upgrade(data: DataDir, settings: Settings) -> None:
    if data.in_use() and data.holder() != os.getppid():
        raise RefusedError(f"`tollway up` runs on {data.path}: stop it, then upgrade the data")
    ours = settings.valkey_url == f"unix://{data.valkey_socket}"
    try:
        with kept.copied(data, with_store=ours) as copy:
            if settings.database_url:
                _in_one_transaction()
            else:
                connection.close()  # nobody may have it open, ourselves included
                with kept.replaced(data.database, copy) as draft:
                    _in(str(draft))
    except RefusedError:
        raise
    except Exception as error:
        traceback.print_exc()
        first: BaseException = error
        while first.__cause__:  # of what the database has said, Django tells what came of it
            first = first.__cause__
        why = " ".join(f"{type(first).__name__}: {first}".split())
        raise RefusedError(
            f"the data in {data.path} could not be upgraded, and are as they were ({why})."
            " The Tollway that wrote them can go on with them"
        ) from error


def _in_one_transaction() -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            # PostgreSQL alters no table that has checks pending, which rows moved before it leave.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _apply()


def _in(database: str) -> None:
    """Migrate another SQLite file than the one of the settings."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        _apply()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def _apply() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    ask_for_everything()
