"""The fields of a request, wherever and however they were sent.

Query string and body both count, and of a name in both the body's value. A body is form-urlencoded,
multipart or JSON, whatever the method: 3scale's Python client sends the parameters of a find as the
JSON body of a GET. Names may nest as forms write it, `service[name]` and `scopes[]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import msgspec
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

NESTING_MAX = 8  # of names in a form
DEPTH_MAX = 64  # of a JSON document, so that whoever walks through it comes back

_TOO_DEEP = f"the body nests deeper than {DEPTH_MAX}"
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class UnreadableBody(Exception):  # noqa: N818
    """The body is not what its content type says. The message says what is wrong."""


def fields_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the request carries, nested as it was sent. Raises ``UnreadableBody``."""
    return {**nest(_pairs(request.GET)), **_body(request)}


def unwrap(fields: Mapping[str, Any], wrapper: str) -> dict[str, Any]:
    """Let fields stand flat or inside ``wrapper``; of a name in both, the wrapped one counts."""
    inner = fields.get(wrapper)
    return {**fields, **inner} if wrapper and isinstance(inner, dict) else dict(fields)


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Read the names of a form.

    >>> nest([("a", "1"), ("b[c]", "2"), ("d[]", "3"), ("d[]", "4")])
    {'a': '1', 'b': {'c': '2'}, 'd': ['3', '4']}
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            fields[name] = value
            continue
        parts = _PART.findall(match[2])
        if len(parts) > NESTING_MAX:
            raise UnreadableBody(f"the name {match[1]} nests too deep")
        _put(fields, [match[1], *parts], value)
    return fields


def _put(into: dict[str, Any], path: list[str], value: object) -> None:
    """Put ``value`` where ``path`` leads. An empty part means "one more of a list"."""
    *above, last = path
    while above and last == "" and above[-1] == "":
        above.pop()  # `a[][]` says no more than `a[]`
    listed = last == ""
    if listed:
        *above, last = above
    for part in above:
        below = into.get(part)
        if not isinstance(below, dict):
            below = into[part] = {}
        into = below
    if not listed:
        into[last] = value
    elif isinstance(items := into.get(last), list):
        items.append(value)
    else:
        into[last] = [value]


def _body(request: HttpRequest) -> dict[str, Any]:
    if not request.body:
        return {}
    match request.content_type:
        case "application/json":
            return _json(request.body)
        case "multipart/form-data":
            return _multipart(request)
        case "application/x-www-form-urlencoded" | "":
            return nest(_pairs(QueryDict(request.body, encoding="utf-8")))
        case other:
            raise UnreadableBody(f"the content type {other!r} is not one that is read here")


def _json(body: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableBody(f"the body is not JSON: {error}") from error
    except RecursionError as error:
        raise UnreadableBody(_TOO_DEEP) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UnreadableBody("the body must be a JSON object")
    if _deeper(document, DEPTH_MAX):
        raise UnreadableBody(_TOO_DEEP)
    return document


def _deeper(document: object, depth: int) -> bool:
    """Say whether lists and objects stand in one another more than ``depth`` times."""
    level: list[Any] = [document]
    for _ in range(depth):
        inner = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for items in inner for each in items if isinstance(each, dict | list)]
    return bool(level)


def _multipart(request: HttpRequest) -> dict[str, Any]:
    try:
        form, files = MultiPartParser(
            request.META, BytesIO(request.body), request.upload_handlers, "utf-8"
        ).parse()
    except MultiPartParserError as error:
        raise UnreadableBody(f"the body is not multipart: {error}") from error
    return nest([*_pairs(form), *((name, file) for name, file in files.items())])


def _pairs(form: QueryDict) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in form.lists() for value in values]
