"""Adds differences to rows, and makes rows that are not there yet, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from tollway.core.usage import AMOUNT_MAX
from tollway.portal.analytics.models import ResponseRow, Row, UsageRow
from tollway.portal.analytics.services.identities import Who


def add_usage(differences: Iterable[tuple[Who, int, int, int]]) -> None:
    """Add (who, metric, quarter, difference), each place once."""
    _add(UsageRow, "metric_id", differences)


def add_responses(differences: Iterable[tuple[Who, int, int, int]]) -> None:
    """Add (who, code, quarter, difference), each place once."""
    _add(ResponseRow, "code", differences)


def _add(model: type[Row], of: str, differences: Iterable[tuple[Who, int, int, int]]) -> None:
    # Sorted, so that whoever writes the same rows waits for us, and we do not wait for each other.
    rows = sorted(
        (who.product_id, who.application_id, what, quarter, who.tenant_id, who.account_id, amount)
        for who, what, quarter, amount in differences
        if amount
    )
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_statement(model, of), rows)


def _statement(model: type[Row], of: str) -> str:
    """Return the one statement for both databases. Django's upsert replaces, and cannot add."""
    table = model._meta.db_table  # noqa: SLF001  (Django's documented name)
    added = f"{table}.value + excluded.value"
    return (
        f"INSERT INTO {table}"  # noqa: S608  (names of ours)
        f" (product_id, application_id, {of}, quarter, tenant_id, account_id, value)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        f" ON CONFLICT (application_id, product_id, {of}, quarter) DO UPDATE SET value ="
        f" CASE WHEN {added} > {AMOUNT_MAX} THEN {AMOUNT_MAX}"
        f" WHEN {added} < -{AMOUNT_MAX} THEN -{AMOUNT_MAX} ELSE {added} END"
    )
