"""Parameters of an operation: their names, what they may hold, and what is said when they do not.

A row declares its parameters; whatever else a request carries is ignored, because 3scale's clients
send back whole entities as they got them. Nothing here knows HTTP or the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from msgspec import Struct

BLANK = "can't be blank"

INTEGER_MAX = 2**53 - 1  # what JSON in a browser holds exactly

_INTEGER = re.compile(r"[+-]?\d{1,50}")
_NUMBER = re.compile(r"[+-]?(\d{1,50}(\.\d{0,50})?|\.\d{1,50})")
_TRUE = {"1", "t", "true", "y", "yes", "on"}
_FALSE = {"0", "f", "false", "n", "no", "off"}


class Malformed(Exception):  # noqa: N818  (it is what the parsers of one value say, caught below)
    """A value that its parameter cannot hold. The message completes "NAME ..."."""


class Param(Struct, frozen=True):
    """``kind`` documents it, ``parse`` reads one given value or raises ``Malformed``.

    ``required``: missing or blank is refused. ``nullable``: blank and null mean None.
    """

    name: str
    kind: str
    parse: Callable[[Any], Any]
    required: bool = False
    nullable: bool = False

    def read(self, value: object) -> Any:  # noqa: ANN401  (what the service takes)
        """Return the value for the service. Raises ``Malformed``."""
        if value is None or (value == "" and self.kind != "text"):
            if self.nullable:
                return None
            value = ""
        if value == "" and (self.required or self.kind != "text"):
            raise Malformed(BLANK)
        return self.parse(value)


def read(
    params: Sequence[Param], fields: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the declared parameters that were given, and what is wrong, by name."""
    given: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for param in params:
        if param.name not in fields:
            if param.required:
                wrong[param.name] = [BLANK]
            continue
        try:
            given[param.name] = param.read(fields[param.name])
        except Malformed as error:
            wrong[param.name] = [str(error)]
    return given, wrong


def text(name: str, *, required: bool = False, nullable: bool = False) -> Param:
    """Declare a text. A null empties it, unless it is ``nullable``."""
    return Param(name, "text", _text, required, nullable)


def integer(name: str, *, required: bool = False, nullable: bool = False) -> Param:
    return Param(name, "integer", _integer, required, nullable)


def number(name: str, *, required: bool = False, nullable: bool = False) -> Param:
    return Param(name, "number", _number, required, nullable)


def boolean(name: str) -> Param:
    return Param(name, "boolean", _boolean)


def moment(name: str) -> Param:
    """Declare a time or a date in ISO 8601; it is UTC unless it says otherwise."""
    return Param(name, "time", _moment, nullable=True)


def texts(name: str, *, required: bool = False, nullable: bool = False) -> Param:
    """Declare a list. A bare value is a list of one; clients write the empty one `[]`."""
    return Param(name, "list", _texts, required, nullable)


def integers(name: str, *, required: bool = False, nullable: bool = False) -> Param:
    """Declare a list of numbers, written as ``texts`` are."""
    return Param(name, "integers", _integers, required, nullable)


def mapping(name: str) -> Param:
    return Param(name, "mapping", _mapping)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise Malformed("is not text")
    if "\0" in str(value):
        raise Malformed("contains a character that is not text")
    return str(value)


def _integer(value: object) -> int:
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    text = text.removesuffix(".0") if isinstance(value, float) else text
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise Malformed("is not a number")
    if not _INTEGER.fullmatch(text):
        raise Malformed("must be an integer")
    if abs(int(text)) > INTEGER_MAX:
        raise Malformed("is too large")
    return int(text)


def _number(value: object) -> Decimal:
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise Malformed("is not a number")
    return Decimal(text)


def _boolean(value: object) -> bool:
    word = str(value).strip().lower() if isinstance(value, str | int | bool) else ""
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise Malformed("must be true or false")


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        try:
            day = parse_date(value)
            at = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
            at = at or parse_datetime(value)
            if at:
                return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError):  # the second: outside the calendar once it is UTC
            pass
    raise Malformed("is not a time such as 2026-08-21T10:00:00Z")


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [] if items == ["[]"] else [_text(item) for item in items]


def _integers(value: object) -> list[int]:
    items = value if isinstance(value, list) else [value]
    return [] if items == ["[]"] else [_integer(item) for item in items]


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Malformed("must be an object of names and values")
