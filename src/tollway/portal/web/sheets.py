"""Tables as CSV files, sent row by row: RFC 4180, UTF-8.

A text that a spreadsheet would take for a formula is led by an apostrophe, for names in it are
somebody else's words, and a formula can send what stands beside it anywhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from django.http import StreamingHttpResponse

from tollway.core.series import Granularity
from tollway.portal.accounts.models import Account
from tollway.portal.analytics import selectors as analytics
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Metric
from tollway.portal.fields import slug

Cell = str | int

# The last four are the first four at the width of Chinese letters.
_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = (*_SIGNS, "\t", "\r", "\n")
# Where a comma is for decimals, spreadsheets divide at semicolons, and then see no quotes of ours.
_LATER_CELL = re.compile(rf'(?<=[;\t\r\n])(?=[ "]*[{re.escape(_SIGNS)}])')


def safe(cell: Cell) -> Cell:
    """Return a cell that stays what it is in a spreadsheet. Numbers of ours are as they are."""
    if not isinstance(cell, str):
        return cell
    led = cell[:1] + _LATER_CELL.sub("'", cell[1:])
    return f"'{led}" if cell.lstrip(' "').startswith(_FORMULA) else led


def sheet(name: str, rows: Iterable[Sequence[Cell]]) -> StreamingHttpResponse:
    """Send rows, the headings first, to be saved as ``name``.csv."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug(name, "table")}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def usage_sheet(
    application: Application,
    metrics: Sequence[Metric],
    granularity: Granularity,
    *,
    since: int,
    until: int,
) -> StreamingHttpResponse:
    """Send what an application has used of these metrics: a row for each unit of time, in UTC."""
    rows = analytics.usage_of(application.tenant, application=application)
    starts, used = analytics.series_by(
        "metric_id", rows, granularity, since=since, until=until, zone=UTC
    )
    nothing = [0] * len(starts)
    columns = [used.get(metric.pk, nothing) for metric in metrics]

    def table() -> Iterator[Sequence[Cell]]:
        yield ("Time (UTC)", *(metric.full_name for metric in metrics))
        for at, start in enumerate(starts):
            yield (time(datetime.fromtimestamp(start, UTC)), *(column[at] for column in columns))

    return sheet(f"usage of {application.name}", table())


def time(at: datetime | None) -> str:
    """Return a time in UTC to the minute, "" for none."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def defined(row: Account | Application, name: str) -> str:
    """Return what stands in a field that the organisation has defined, its own or built in."""
    value = row.extra_fields.get(name) or getattr(row, name, "")
    return "" if value is None else str(value)


class _Echo:
    """A file whose ``write`` hands back what it gets: csv's writer returns that for each row."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])
