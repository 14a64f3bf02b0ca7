"""The database and the store that settings name, and what `reset` takes out of them.

`up` has not made them, and others may use them: so they have to be named once more, and lose what
is Tollway's and nothing else. Django is imported inside the functions: only `reset` needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from tollway.cli.refused import RefusedError
from tollway.config import Settings

LOCK_TIMEOUT = "5s"


class Place(Struct, frozen=True):
    """``option`` of `reset` names it; ``name`` is "" where it lies in the data directory."""

    option: str
    variable: str
    name: str


def places(environ: Mapping[str, str]) -> list[Place]:
    """Return where database and store are. Raises ``RefusedError`` for a URL that is none."""
    database = environ.get("TOLLWAY_DATABASE_URL", "")
    store = environ.get("TOLLWAY_VALKEY_URL", "")
    return [
        Place("--database", "TOLLWAY_DATABASE_URL", database and _database(database)),
        Place("--store", "TOLLWAY_VALKEY_URL", store and _store(store)),
    ]


def check_named(found: Sequence[Place], named: Mapping[str, str | None]) -> None:
    """Raise ``RefusedError`` unless exactly those that are outside are ``named``, by option."""
    for place in found:
        name = named[place.option]
        if name and not place.name:
            raise RefusedError(f"{place.option} {name}: {place.variable} is not set")
        if name and name != place.name:
            raise RefusedError(f"{place.option} {name}: {place.variable} names {place.name}")
    if any(place.name and not named[place.option] for place in found):
        variables = " and ".join(place.variable for place in found if place.name)
        options = " ".join(f"{place.option} {place.name}" for place in found if place.name)
        raise RefusedError(
            f"{variables}: what is kept there is deleted only if it is named:"
            f" tollway reset {options}"
        )


def erase(settings: Settings, found: Sequence[Place]) -> None:
    """Delete what is Tollway's in those that are outside. Raises ``RefusedError``."""
    from tollway.store import StoreUnavailableError, clearing, sync

    database, store = found
    try:
        client = sync.connect(settings.valkey_url) if store.name else None
        if database.name:
            _drop_tables(database.name)
        if client:
            clearing.clear(client)
    except StoreUnavailableError as error:
        raise RefusedError(f"{store.variable}: {error}") from error


def _drop_tables(name: str) -> None:
    """Drop the tables that the migrations applied there have made: all of them, or none."""
    from django.db import Error, connection, transaction
    from django.db.migrations.loader import MigrationLoader

    from tollway.cli import kept

    try:
        loader = MigrationLoader(connection)
        applied = frozenset(loader.applied_migrations)
        kept.standing(applied, frozenset(loader.disk_migrations), name)
        models = loader.project_state(list(applied)).apps.get_models(include_auto_created=True)
        ours = {model._meta.db_table for model in models} | {"django_migrations"}  # noqa: SLF001  (documented)
        tables = sorted(ours & set(connection.introspection.table_names()))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            if tables:
                cursor.execute(f"DROP TABLE {', '.join(map(connection.ops.quote_name, tables))}")
    except Error as error:
        said = " ".join(str(error).split())
        raise RefusedError(f"nothing was deleted, {name} does not let us: {said}") from error


def _database(url: str) -> str:
    """Return "host:port/name", without port if there is none; a socket's directory is a host."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [unquote(parts.hostname or "")])[0]
    port = f":{parts.port}" if parts.port else ""
    return f"{host}{port}/{unquote(parts.path.removeprefix('/'))}"


def _store(url: str) -> str:
    """Return "host:port" or the socket's path, and "/number" of another database than the first."""
    from tollway.store.connection import parse_url

    try:
        address, login = parse_url(url)
    except ValueError as error:
        raise RefusedError(f"TOLLWAY_VALKEY_URL: {error}") from error
    return f"{address}{f'/{login.database}' if login.database else ''}"
