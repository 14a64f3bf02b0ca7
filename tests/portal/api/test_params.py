"""Parameters: what each kind accepts, and the words for what it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tollway.portal.api import params
from tollway.portal.api.params import Param

ACCEPTED: list[tuple[Param, Any, Any]] = [
    (params.text("t"), "x", "x"),
    (params.text("t"), 7, "7"),
    (params.text("t"), True, "true"),
    (params.text("t"), None, ""),
    (params.text("t", nullable=True), None, None),
    (params.text("t", nullable=True), "", ""),
    (params.integer("i"), "7", 7),
    (params.integer("i"), "-7", -7),
    (params.integer("i"), " 7 ", 7),
    (params.integer("i"), 7, 7),
    (params.integer("i"), 7.0, 7),
    (params.integer("i", nullable=True), "", None),
    (params.number("n"), "12.50", Decimal("12.50")),
    (params.number("n"), 0.1, Decimal("0.1")),
    (params.number("n"), ".5", Decimal("0.5")),
    (params.boolean("b"), "false", False),
    (params.boolean("b"), "TRUE", True),
    (params.boolean("b"), 1, True),
    (params.boolean("b"), False, False),
    (params.texts("l"), "a", ["a"]),
    (params.texts("l"), ["a", 1], ["a", "1"]),
    (params.texts("l"), "[]", []),
    (params.texts("l"), [], []),
    (params.texts("l", nullable=True), None, None),
    (params.integers("l"), ["1", 2], [1, 2]),
    (params.integers("l"), "7", [7]),
    (params.integers("l"), "[]", []),
    (params.integers("l"), ["[]"], []),
    (params.moment("m"), "2026-08-21", datetime(2026, 8, 21, tzinfo=UTC)),
    (params.moment("m"), "2026-08-21T10:00:00Z", datetime(2026, 8, 21, 10, tzinfo=UTC)),
    (params.moment("m"), "2026-08-21T12:00:00+02:00", datetime(2026, 8, 21, 10, tzinfo=UTC)),
    (params.moment("m"), None, None),
]

REFUSED: list[tuple[Param, Any, str]] = [
    (params.text("t"), {"a": 1}, "is not text"),
    (params.text("t"), "a\0b", "contains a character that is not text"),
    (params.text("t", required=True), "", "can't be blank"),
    (params.text("t", required=True), None, "can't be blank"),
    (params.integer("i"), "seven", "is not a number"),
    (params.integer("i"), "1e3", "is not a number"),
    (params.integer("i"), "1.5", "must be an integer"),
    (params.integer("i"), True, "is not a number"),
    (params.integer("i"), [1], "is not a number"),
    (params.integer("i"), 2**53, "is too large"),
    (params.integer("i"), "9" * 60, "is not a number"),
    (params.integer("i"), "", "can't be blank"),
    (params.integer("i"), None, "can't be blank"),
    (params.number("n"), "NaN", "is not a number"),
    (params.number("n"), "1e9999", "is not a number"),
    (params.number("n"), float("inf"), "is not a number"),
    (params.boolean("b"), "perhaps", "must be true or false"),
    (params.boolean("b"), 2, "must be true or false"),
    (params.boolean("b"), "", "can't be blank"),
    (params.texts("l", required=True), None, "can't be blank"),
    (params.texts("l"), [{"a": 1}], "is not text"),
    (params.moment("m"), "yesterday", "is not a time such as 2026-08-21T10:00:00Z"),
    (params.moment("m"), "0001-01-01T00:00:00+05:00", "is not a time such as 2026-08-21T10:00:00Z"),
    (params.integers("l"), ["1", "x"], "is not a number"),
    (params.moment("m"), "2026-13-01", "is not a time such as 2026-08-21T10:00:00Z"),
]


@pytest.mark.parametrize(("param", "given", "read"), ACCEPTED)
def test_a_value_that_fits_is_read(param: Param, given: Any, read: Any) -> None:
    assert params.read([param], {param.name: given}) == ({param.name: read}, {})


@pytest.mark.parametrize(("param", "given", "message"), REFUSED)
def test_a_value_that_does_not_fit_names_its_field(param: Param, given: Any, message: str) -> None:
    assert params.read([param], {param.name: given}) == ({}, {param.name: [message]})


def test_what_is_missing_is_left_out_and_what_is_required_is_missed() -> None:
    declared = [params.text("name", required=True), params.integer("value")]
    assert params.read(declared, {}) == ({}, {"name": ["can't be blank"]})


def test_what_is_not_declared_is_ignored() -> None:
    assert params.read([params.text("name")], {"name": "x", "id": 7}) == ({"name": "x"}, {})


def test_all_that_is_wrong_is_said_at_once() -> None:
    declared = [params.integer("a"), params.boolean("b"), params.text("c", required=True)]
    _, wrong = params.read(declared, {"a": "x", "b": "perhaps"})
    assert list(wrong) == ["a", "b", "c"]
