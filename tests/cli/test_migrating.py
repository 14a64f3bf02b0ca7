"""What is refused before anything is changed; ``tests/acceptance/test_upgrade.py`` upgrades."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tollway.cli import migrating
from tollway.cli.datadir import FORMAT, DataDir
from tollway.cli.refused import RefusedError
from tollway.config import Settings


@pytest.fixture
def configured(data: DataDir) -> Settings:
    configured: Settings = msgspec.structs.replace(settings.TOLLWAY, data_dir=data.path)
    return configured


def test_data_that_are_up_to_date_are_left_alone(db: None, configured: Settings) -> None:
    migrating.migrate(configured)
    assert not configured.data_dir.exists()


def test_a_migration_that_is_unknown_here_is_of_a_newer_tollway(
    db: None, configured: Settings
) -> None:
    MigrationRecorder(connection).record_applied("catalog", "9999_future")
    with pytest.raises(RefusedError, match=r"unknown here: catalog\.9999_future\)"):
        migrating.migrate(configured)


def test_a_format_that_is_unknown_here_is_of_a_newer_tollway(
    data: DataDir, configured: Settings
) -> None:
    data.prepare()
    data.version.write_text(f"{FORMAT + 1}\n")
    with pytest.raises(RefusedError, match="of a newer Tollway"):
        migrating.migrate(configured)


def test_data_that_a_running_tollway_uses_are_not_upgraded(
    db: None, data: DataDir, configured: Settings
) -> None:
    MigrationRecorder(connection).record_unapplied("events", "0001_initial")
    with data.locked(), pytest.raises(RefusedError, match="`tollway up` runs on"):
        migrating.migrate(configured)
    assert not data.copies.exists()


def test_every_migration_can_be_part_of_one_transaction() -> None:
    loader = MigrationLoader(None)
    assert [key for key, found in loader.disk_migrations.items() if not found.atomic] == []
