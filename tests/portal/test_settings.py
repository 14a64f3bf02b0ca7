"""The database of the portal, from one URL."""

from __future__ import annotations

import pytest

from tollway.config import SettingsError
from tollway.portal.settings import _database

SOON = {"connect_timeout": "5"}


def test_without_a_url_it_is_sqlite_with_one_writer_at_a_time() -> None:
    made = _database("")
    assert made["ENGINE"] == "django.db.backends.sqlite3"
    assert made["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://tollway:s%40crt@db.example:5433/portal?sslmode=require",
            ("portal", "tollway", "s@crt", "db.example", "5433", {**SOON, "sslmode": "require"}),
        ),
        ("postgres:///portal?host=/run/pg", ("portal", "", "", "/run/pg", "", SOON)),
        ("postgresql://me@%2Frun%2Fpg/portal", ("portal", "me", "", "/run/pg", "", SOON)),
        (
            "postgresql://db/portal?connect_timeout=9",
            ("portal", "", "", "db", "", {"connect_timeout": "9"}),
        ),
    ],
)
def test_a_url_names_a_postgresql_database(url: str, expected: tuple[object, ...]) -> None:
    made = _database(url)
    assert made["ENGINE"] == "django.db.backends.postgresql"
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    assert tuple(made[name] for name in names) == expected


@pytest.mark.parametrize("url", ["mysql://db/portal", "postgresql://db", "portal"])
def test_another_url_is_refused_with_what_it_should_look_like(url: str) -> None:
    with pytest.raises(SettingsError, match="TOLLWAY_DATABASE_URL must look like postgresql://"):
        _database(url)
