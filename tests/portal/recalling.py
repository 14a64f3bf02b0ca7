"""The tenants that nearly every test begins with, at the price of their rows.

The services take about 160 statements to make a tenant. They make each of these once in a process;
from then on their rows are put back, with the ids that they had, and the objects are copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.sql import InsertQuery
from msgspec import Struct

from portal.people import make_master, make_provider

Rows = Mapping[type[Model], Mapping[Any, Model]]
Statement = tuple[str, tuple[Any, ...]]


class Kept(Struct, frozen=True):
    """What a maker returned, and what inserts all that it has left in the database."""

    made: Any
    inserts: list[Statement]


# Acme comes last: what a test makes before it asks for Globex has ids beyond those of both.
MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "master": lambda _: make_master(),
    "globex": lambda master: make_provider(master, "globex"),
    "acme": lambda master: make_provider(master, "acme"),
}
_kept: dict[str, Kept] = {}


def recalled(name: str) -> Any:
    """Put the rows of one of ``MAKERS`` into the database; return what it made, as new."""
    if not _kept:
        _kept.update(_make_all())
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, parameters in _kept[name].inserts:
            cursor.execute(statement, parameters)
    return deepcopy(_kept[name].made)


def _make_all() -> dict[str, Kept]:
    """Let the services make them all, one beside the other so that no id is another's; undo it."""
    kept: dict[str, Kept] = {}
    with transaction.atomic():
        before = _rows()
        for name, make in MAKERS.items():
            made = make(kept["master"].made if kept else None)
            after = _rows()
            kept[name] = Kept(deepcopy(made), _inserts(before, after))
            before = after
        transaction.set_rollback(True)
    return kept


def _rows() -> Rows:
    models = apps.get_models(include_auto_created=True)
    return {model: model._base_manager.in_bulk() for model in models}


def _inserts(before: Rows, after: Rows) -> list[Statement]:
    found: list[Statement] = []
    for model, rows in after.items():
        old = before[model]
        changed = [pk for pk in old if _values(old[pk]) != _values(rows[pk])]
        assert not changed, f"a tenant changes what was there before: {model} {changed}"
        if new := [row for pk, row in rows.items() if pk not in old]:
            query = InsertQuery(model)
            query.insert_values(model._meta.local_concrete_fields, new, raw=True)
            found += query.get_compiler(connection=connection).as_sql()
    return found


def _values(row: Model) -> list[Any]:
    return [field.value_from_object(row) for field in row._meta.concrete_fields]
