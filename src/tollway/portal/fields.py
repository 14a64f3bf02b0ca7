"""What the rows of all apps share: how they are named, checked, changed, and keep their secrets.

Messages are predicates ("can't be blank"), because one of 3scale's formats puts the field's name in
front of them. Errors of the whole row stand under ``base``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.options import Options
from django.utils.deconstruct import deconstructible
from msgspec import Struct

from tollway.store.sealing import Keyring

BASE = "base"
BLANK = "can't be blank"
TAKEN = "has already been taken"
INVALID = "is invalid"
NOT_A_NUMBER = "is not a number"
NAME_LENGTH_MAX = 255
ANNOTATIONS_MAX = 50
ANNOTATION = re.compile(r"[A-Za-z0-9_./-]{1,63}")
COUNT_MAX = 2**53 - 1  # what Lua and JSON in a browser hold exactly


@deconstructible
class Pattern(RegexValidator):
    """The whole value matches ``pattern``."""

    def __init__(self, pattern: str, message: str = INVALID) -> None:
        super().__init__(rf"\A(?:{pattern})\Z", message, code="pattern")


def texts_by_name(value: object) -> None:
    """Check annotations: short texts by short names, not too many."""
    if not isinstance(value, dict) or len(value) > ANNOTATIONS_MAX:
        message = f"must be an object of at most {ANNOTATIONS_MAX} names and texts"
        raise ValidationError(message, code="rule")
    for name, text in value.items():
        if (
            not isinstance(text, str)
            or not ANNOTATION.fullmatch(name)
            or len(text) > NAME_LENGTH_MAX
        ):
            raise ValidationError("may have short names and short texts only", code="rule")


def taken(
    *fields: str, name: str, condition: models.Q | None = None, about: str = ""
) -> models.UniqueConstraint:
    """Make ``fields`` unique together. A second row is refused for ``about``, else the last."""
    return models.UniqueConstraint(
        fields=fields,
        name=name,
        condition=condition,
        violation_error_code=about or fields[-1],
        violation_error_message=TAKEN,
    )


def refuse(field: str, message: str) -> ValidationError:
    """Return the error to raise. ``field`` is ``BASE`` for the row as a whole."""
    return ValidationError({field: [message]})


_BY_CODE = {
    "null": BLANK,
    "blank": BLANK,
    "invalid_choice": "is not included in the list",
    "unique": TAKEN,
    "max_length": "is too long (maximum is {limit_value} characters)",
    "min_length": "is too short (minimum is {limit_value} characters)",
    "min_value": "must be greater than or equal to {limit_value}",
    "max_value": "must be less than or equal to {limit_value}",
    "max_decimal_places": "has more than {max} decimals",
    "max_digits": "is too large",
    "max_whole_digits": "is too large",
}
_OURS = {"pattern", "rule"}


def check(row: models.Model) -> None:
    """Clean every field of ``row`` and test its constraints. Raises ``ValidationError``.

    Values become what the column holds ("3" an integer). Foreign keys are the caller's matter: they
    come from selectors of the same tenant, not from a request.
    """
    errors: dict[str, list[str]] = defaultdict(list)
    given = [f for f in _meta(row).concrete_fields if not (f.is_relation or f.primary_key)]
    skipped = {f.name for f in _meta(row).concrete_fields} - {f.name for f in given}
    _collect(errors, row, lambda: row.clean_fields(exclude=skipped))
    for field in given:
        value = getattr(row, field.attname)
        if isinstance(value, str) and not (value.strip() or field.blank):
            errors[field.name].append(BLANK)
        elif field.name not in errors and _has_nul(value):
            errors[field.name].append(INVALID)
    if not errors:
        _collect(errors, row, row.validate_unique)
        _collect(errors, row, row.validate_constraints)
    if errors:
        raise ValidationError({name: list(dict.fromkeys(texts)) for name, texts in errors.items()})


def _has_nul(value: object) -> bool:
    """Say whether there is a character that PostgreSQL refuses with a fault, in JSON too."""
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(map(_has_nul, (*value, *value.values())))
        case list():
            return any(map(_has_nul, value))
        case _:
            return False


def _meta(row: models.Model) -> Options[models.Model]:
    return row._meta  # noqa: SLF001  (Django's documented name)


def _collect(errors: dict[str, list[str]], row: models.Model, test: Any) -> None:  # noqa: ANN401
    try:
        test()
    except ValidationError as failed:
        for name, found in failed.error_dict.items():
            for error in found:
                errors[_place(row, name, error)].append(_text(row, name, error))


def _place(row: models.Model, name: str, error: ValidationError) -> str:
    if name != NON_FIELD_ERRORS:
        return name
    code = error.code or ""  # a constraint's code is what it is about
    return code if hasattr(type(row), code) else BASE


def _text(row: models.Model, name: str, error: ValidationError) -> str:
    if error.code in _OURS or name == NON_FIELD_ERRORS:
        return str(error.message)
    if error.code == "invalid":
        numeric = isinstance(_meta(row).get_field(name), (models.IntegerField, models.DecimalField))
        return NOT_A_NUMBER if numeric else INVALID
    return _BY_CODE.get(error.code or "", INVALID).format_map(error.params or {})


def lock(row: models.Model) -> None:
    """Read the row again and keep others from changing it until the transaction ends.

    Others may still add rows that point at it: a foreign key locks its target a little, and with
    the stronger lock, a transaction that appends an event would wait for one that waits to append.
    SQLite takes its one write lock when a transaction begins, so nothing is needed there.
    """
    manager = type(row)._base_manager  # noqa: SLF001  (Django's documented name)
    row.refresh_from_db(from_queryset=manager.select_for_update(no_key=True))


def change(
    row: models.Model, changes: Mapping[str, Any], writable: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set fields of a row that is there already, inside a transaction; return (before, after).

    Both hold what really changed, as JSON. Nothing changed: nothing is written. Raises
    ``ValidationError`` for a value that breaks a rule, ``TypeError`` for a field not ``writable``.
    """
    lock(row)
    before = {name: getattr(row, name) for name in changes}
    fill(row, changes, writable)
    changed = [name for name, old in before.items() if getattr(row, name) != old]
    if changed:
        row.save(update_fields=[*changed, "updated_at"])
    return as_json(before, changed), as_json({n: getattr(row, n) for n in changed}, changed)


def fill(row: models.Model, values: Mapping[str, Any], writable: Iterable[str]) -> None:
    """Set and check fields, without saving. None empties a text."""
    if unknown := set(values) - set(writable):
        raise TypeError(f"{type(row).__name__} has no writable {', '.join(sorted(unknown))}")
    for name, value in values.items():
        text = isinstance(_meta(row).get_field(name), models.CharField | models.TextField)
        setattr(row, name, "" if value is None and text else value)
    check(row)


class NoRoomError(ValidationError):
    """There are as many already as the operator allows: the values are not to blame."""

    def __init__(self, message: str) -> None:
        super().__init__({BASE: [message]})


class Move(Struct, frozen=True):
    """What may happen to a row's ``state``: from where, to where, and its name when it is done."""

    sources: frozenset[str]
    target: str
    done: str


class Moved(Struct, frozen=True):
    """``before`` and ``after`` as an event holds them."""

    done: str
    before: Mapping[str, str]
    after: Mapping[str, str]


def move(row: Any, event: str, moves: Mapping[str, Move]) -> Moved:  # noqa: ANN401
    """Change ``row.state`` as the table of moves allows. Raises ``ValidationError``."""
    lock(row)
    step = moves[event]
    source = str(row.state)
    if source not in step.sources:
        raise refuse("state", f'cannot transition via "{event}"')
    row.state = step.target
    row.save(update_fields=["state", "updated_at"])
    return Moved(step.done, {"state": source}, {"state": step.target})


def as_json(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return these fields as an event holds them: dates and decimals are texts."""
    return {name: _plain(values[name]) for name in names}


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def system_name(name: str, used: models.QuerySet[Any], fallback: str) -> str:
    """Derive a system name that no row of ``used`` has: "My API" is `my_api`, then `my_api_2`.

    ``fallback`` stands for a name without a Latin letter or digit.
    """
    return unused(slug(name, fallback), "_", set(used.values_list("system_name", flat=True)))


def slug(name: str, fallback: str) -> str:
    """Return a name's Latin letters and digits in lower case, joined by _; else ``fallback``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[: NAME_LENGTH_MAX - 8] or fallback


def unused(base: str, joint: str, used: set[str]) -> str:
    """Return ``base``, or the first of base + joint + 2, 3, ... that is not ``used``."""
    number, candidate = 1, base
    while candidate in used:
        number += 1
        candidate = f"{base}{joint}{number}"
    return candidate


def keyring() -> Keyring:
    """Return the master keys of this process's settings."""
    return _keyring(settings.TOLLWAY.secret_keys)


@lru_cache(maxsize=4)
def _keyring(keys: tuple[bytes, ...]) -> Keyring:
    return Keyring(keys)


def digest(kind: str, *parts: str) -> str:
    """Return the 40 hexadecimal digits that find a secret (``tollway.store.sealing``)."""
    return keyring().digest(kind, *parts).hex()


def seal(secret: str, context: str) -> bytes:
    return keyring().seal(secret.encode(), context)


def unseal(sealed: bytes | memoryview, context: str) -> str:
    return keyring().unseal(bytes(sealed), context).decode()
