"""Reading what a call says: JSON members, and parameters of a query.

What is not as it has to be raises ``RefusedError`` with the member's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from tollway.authority.internal.answers import RefusedError

CHARS_MAX = 255
LAST_CHARS_MAX = 1_360  # of a path's last part: a referrer filter, as base64 of its UTF-8
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def check_names(names: Sequence[str]) -> None:
    """Refuse parts of a path that were not UTF-8, are blank, or longer than an id can be.

    The last one may be an encoded filter; who takes it for an id looks at its length again.
    """
    for place, name in enumerate(names, 1):
        most = LAST_CHARS_MAX if place == len(names) else CHARS_MAX
        if not name.strip() or "\ufffd" in name or len(name) > most:
            raise RefusedError(400, "the path has a part that is blank, too long or not UTF-8")


def document(body: bytes) -> Mapping[str, Any]:
    """Read a body; an empty one is an empty object."""
    if not body.strip():
        return {}
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, "the body must be JSON") from error
    if not isinstance(found, dict):
        raise RefusedError(400, "the body must be a JSON object")
    return found


def member(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object that has to be there."""
    found = values.get(name)
    if not isinstance(found, dict):
        raise RefusedError(400, f"{name}: must be an object")
    return found


def text(values: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a text, which may be a number; ``default`` if it is not there, "" if it is null."""
    found = values.get(name, default)
    if found is None:
        return ""
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or len(found) > CHARS_MAX:
        raise RefusedError(400, f"{name}: must be a text of at most {CHARS_MAX} characters")
    return found


def needed(values: Mapping[str, Any], name: str, status: int = 400) -> str:
    """Return a text that is not blank."""
    found = text(values, name)
    if not found.strip():
        raise RefusedError(status, f"{name}: is missing")
    return found


def identifier(values: Mapping[str, Any], name: str) -> str:
    """Return a text that can stand in a path."""
    found = needed(values, name)
    if "/" in found:
        raise RefusedError(400, f"{name}: must not have a slash in it")
    return found


def flag(values: Mapping[str, Any], name: str) -> bool | None:
    """Return a truth value, None if it is not there or null."""
    found = values.get(name)
    if found is None:
        return None
    if isinstance(found, int):
        found = str(int(found))
    if not isinstance(found, str) or found not in _FLAGS:
        raise RefusedError(400, f"{name}: must be true or false")
    return _FLAGS[found]


def number(values: Mapping[str, Any], name: str, most: int) -> int:
    """Return a whole number from 0 to ``most``, which may be written as a text."""
    found = values.get(name)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 20:
        found = int(found)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
        raise RefusedError(400, f"{name}: must be a whole number from 0 to {most}")
    return found


def texts(values: Mapping[str, Any], name: str) -> list[str]:
    """Return texts that are not blank; none if the list is not there or null."""
    found = listed(values, name)
    return [needed({name: each}, name) for each in found]


def listed(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = values.get(name)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise RefusedError(400, f"{name}: must be a list")
    return found


def page(query: str, per_page_max: int) -> tuple[int, int]:
    """Return the page, from 1 on, and how many lines it has."""
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    wanted = {"page": "1", "per_page": "100", **given}
    size = number(wanted, "per_page", per_page_max)
    which = number(wanted, "page", 1_000_000)
    return max(which, 1), max(size, 1)
