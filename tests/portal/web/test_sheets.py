"""What spreadsheets make of the cells of our files: what they are, and nothing that runs."""

from __future__ import annotations

import csv
import io

import pytest

from tollway.portal.web.sheets import Cell, safe, sheet

CELLS: list[tuple[Cell, Cell]] = [
    ("plain", "plain"),
    ("", ""),
    ("a=b", "a=b"),
    (-5, -5),
    ("=1+1", "'=1+1"),
    ("+49 30", "'+49 30"),
    ("-x", "'-x"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("  =1", "'  =1"),
    ("\uff1d1", "'\uff1d1"),
    ("a;=1", "a;'=1"),
    ('a; "+1";b;-2', "a;' \"+1\";b;'-2"),
    ("a\n@1", "a\n'@1"),
    ("a; b\nc - d", "a; b\nc - d"),
]


@pytest.mark.parametrize(("cell", "kept"), CELLS)
def test_a_text_that_would_be_a_formula_is_led_by_an_apostrophe(cell: Cell, kept: Cell) -> None:
    assert safe(cell) == kept


def test_rows_are_sent_one_by_one_and_read_as_they_were() -> None:
    table: list[tuple[Cell, ...]] = [
        ("Name", "Count"),
        ('Say "hi", all', 3),
        ("two\nlines", 4),
        ("Zürich", 5),
    ]
    response = sheet("Usage: of / Zürich\r\nX: y", iter(table))
    assert response["Content-Disposition"] == 'attachment; filename="usage_of_zurich_x_y.csv"'
    lines = list(response)
    assert len(lines) == len(table)
    read = list(csv.reader(io.StringIO(b"".join(lines).decode())))
    assert read == [[str(cell) for cell in row] for row in table]
