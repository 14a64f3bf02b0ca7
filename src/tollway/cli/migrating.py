"""Makes the portal's database, or brings it up to date: all of it, or not at all.

What is kept is copied first. SQLite is migrated on a copy that takes its place at the end.
PostgreSQL is migrated in one transaction: copying it is for its operator, as the guide for
operators says.
"""

from __future__ import annotations

import os
import traceback

from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

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
            create()
        case Standing.OLDER:
            _upgrade(data, settings)
        case Standing.CURRENT:
            pass


def create() -> None:
    """Make the tables of the models as they are, in one transaction.

    Migrations would come to the same (a test compares), one after another and in seconds, so they
    are only noted as applied.
    """
    MigrationRecorder(connection).ensure_schema()
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            editor.create_model(model)
        note_all_as_applied()
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)


def note_all_as_applied() -> None:
    """Say of a database whose tables are those of the models that it needs no migration."""
    recorder = MigrationRecorder(connection)
    for app, name in MigrationLoader(None).disk_migrations:
        recorder.record_applied(app, name)


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
