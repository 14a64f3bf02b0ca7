"""Parameters in Rack's nested form: ``usage[hits]=1&transactions[0][app_id]=5``.

Only ``&`` separates, ``+`` is a space, the last of a repeated scalar counts, and the order of first
appearance is kept. ``[usage][hits]``, which 3scale's old Ruby client sends, is ``usage[hits]``.
This module knows nothing of what the parameters mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from msgspec import Struct

PARAMETERS_MAX = 4096
FORM_BYTES_MAX = 4_194_304
DEPTH_MAX = 32
KEPT_CHARS_MAX = 64  # of a name; a longer one is taken apart each time

_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
_NAME = re.compile(r'\bname="([^"]*)"', re.IGNORECASE)


class Array(Struct, frozen=True):
    """``name[]=...``. No parameter of this API is an array, so nothing of it is kept."""


ARRAY = Array()

Value: TypeAlias = "str | Array | dict[str, Value] | None"
"""Text, None for a name without ``=``, or what a name with brackets builds."""


class Params(Struct, frozen=True):
    """``valid`` is false if a name or a value was not UTF-8; what was not is replaced by U+FFFD."""

    values: Mapping[str, Value]
    valid: bool = True

    def over(self, other: Params) -> Params:
        """Return both, these parameters hiding the other's of the same outer name."""
        return Params({**other.values, **self.values}, self.valid and other.valid)


class Malformed(Struct, frozen=True):
    message: str


MIXED = Malformed("request contains syntax errors, should not be repeated without modification")
BAD_ESCAPE = Malformed("Invalid query parameters: invalid %-encoding")
TOO_DEEP = Malformed("Rack::QueryParser::QueryLimitError")
TOO_LONG = Malformed(f"total query size exceeds limit ({FORM_BYTES_MAX})")

NONE = Params({})


def parse(text: str) -> Params | Malformed:
    """Read a query or a form. Bytes that are not UTF-8 come in as lone surrogates."""
    if (count := text.count("&") + 1) > PARAMETERS_MAX:
        return _too_many(count)
    if "%" in text and _BAD_ESCAPE.search(text):
        return BAD_ESCAPE
    return _build(_pairs(text))


def parse_form(body: bytes, boundary: str | None) -> Params | Malformed:
    """Read a form's body, multipart if there is a ``boundary``."""
    if len(body) > FORM_BYTES_MAX:
        return TOO_LONG
    text = body.decode(errors="surrogateescape")
    if boundary is None:
        return parse(text)
    parts = f"\r\n{text}".split(f"\r\n--{boundary}")[1:]
    return _too_many(len(parts)) if len(parts) > PARAMETERS_MAX else _build(_fields(parts))


def _too_many(count: int) -> Malformed:
    return Malformed(f"total number of query parameters ({count}) exceeds limit ({PARAMETERS_MAX})")


class Name(Struct, frozen=True):
    """What a name with brackets leads through; nothing for one that is dropped."""

    path: Sequence[str]
    valid: bool


def _name(text: str) -> Name:
    name = text if text.isascii() else _replaced(text)
    path = _segments(name) if "[" in name else [name] if name else []
    return Name(path, name == text)


def _escaped_name(text: str) -> Name:
    return _name(_unescape(text))


# PERF: the same few names come over and over; to take one apart costs 4 us (bench/authority.py).
_kept_name = lru_cache(maxsize=1024)(_escaped_name)


def _pairs(text: str) -> Iterable[tuple[Name, str | None]]:
    for part in text.split("&"):
        name, equals, value = part.lstrip(" ").partition("=")
        find = _kept_name if len(name) <= KEPT_CHARS_MAX else _escaped_name
        yield find(name), _unescape(value) if equals else None


def _unescape(text: str) -> str:
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    return unquote_to_bytes(text.encode(errors="surrogateescape")).decode(errors="surrogateescape")


def _fields(parts: Iterable[str]) -> Iterable[tuple[Name, str | None]]:
    """Yield the fields of a multipart form; the part that starts with ``--`` is its end."""
    for part in parts:
        head, blank, value = part.partition("\r\n\r\n")
        name = _NAME.search(head)
        if blank and name and not part.startswith("--"):
            yield _name(name[1]), value


def _build(pairs: Iterable[tuple[Name, str | None]]) -> Params | Malformed:
    root: dict[str, Value] = {}
    valid = True
    for name, raw_value in pairs:
        value = raw_value if raw_value is None or raw_value.isascii() else _replaced(raw_value)
        valid = valid and name.valid and value == raw_value
        if len(name.path) == 1:
            root[name.path[0]] = value
        elif name.path and (trouble := _put(root, name.path, value)):
            return trouble
    return Params(root, valid)


def _replaced(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _segments(name: str) -> list[str]:
    """Split ``a[b][]`` into ``["a", "b", ""]``. What follows a bracket that never closes is a key.

    >>> _segments("[usage][hits]"), _segments("a[b]c"), _segments("a[b")
    (['usage', 'hits'], ['a', 'b', 'c'], ['a', '[b'])
    """
    if name[0] == "[" and name.find("]") > 1:
        first, _, rest = name[1:].partition("]")
    else:
        start = name.find("[", 1)
        first, rest = (name[:start], name[start:]) if start > 0 else (name, "")
    if rest == "[":
        return [name]
    found = [first]
    while rest and len(found) <= DEPTH_MAX:
        if rest[0] == "[" and "]" in rest:
            inner, _, rest = rest[1:].partition("]")
            found.append(inner)
        else:
            found.append(rest)
            rest = ""
    return found


def _put(root: dict[str, Value], path: Sequence[str], value: str | None) -> Malformed | None:
    """Put ``value`` where ``path`` says. A name is a hash or an array, never both."""
    if len(path) > DEPTH_MAX:
        return TOO_DEEP
    at = root
    for key, following in pairwise(path):
        if following == "":
            return _put_array(at, key)
        inner = at.get(key)
        if inner is None:
            inner = at[key] = {}
        if not isinstance(inner, dict):
            return MIXED
        at = inner
    at[path[-1]] = value
    return None


def _put_array(at: dict[str, Value], key: str) -> Malformed | None:
    if not (at.get(key) is None or isinstance(at[key], Array)):
        return MIXED
    at[key] = ARRAY
    return None
