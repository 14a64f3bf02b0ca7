"""The kinds of calls that a document describes, as a product counts them. Pure.

Each operation becomes a method, and a mapping rule with the whole path: `GET /pets` does not count
`GET /pets/7`, which is an operation of its own.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tollway.portal.apidocs.reading import listed, mapping, path_of
from tollway.portal.fields import NAME_LENGTH_MAX, unused

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
OPERATIONS_MAX = 200

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_NAME_MAX = NAME_LENGTH_MAX - 8  # there is room for a number


class Operation(Struct, frozen=True):
    """A kind of call: ``verb`` and ``pattern`` of a mapping rule, and how a method is called."""

    verb: str
    pattern: str
    name: str
    system_name: str

    @property
    def key(self) -> str:
        return f"{self.verb} {self.pattern}"


def operations_of(
    document: Mapping[str, Any], known: Container[str] = frozenset()
) -> list[Operation]:
    """Return the operations in the document's order, at most ``OPERATIONS_MAX`` that are new.

    New are those whose keys are not ``known``. All keys are unique, and all system names too.
    """
    base, found, used = _base(document), dict[str, Operation](), set[str]()
    room = OPERATIONS_MAX
    for path, verb, operation in _described(document):
        pattern = f"{_pattern(base + path)}$"
        said = str(operation.get("operationId") or "")
        slug = re.sub(r"[^A-Za-z0-9_.-]+", "_", said or f"{verb.lower()}{path}").strip("_")
        name = _line(operation.get("summary")) or _line(said) or f"{verb} {path}"
        made = Operation(verb, pattern, name[:_NAME_MAX], slug[:_NAME_MAX] or verb.lower())
        if made.key in found:
            continue
        if made.key not in known:
            if not room:
                break
            room -= 1
        system_name = unused(made.system_name, "_", used)
        used.add(system_name)
        found[made.key] = Operation(verb, pattern, made.name, system_name)
    return list(found.values())


def _described(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in mapping(document.get("paths")).items():
        for verb in VERBS:
            if isinstance(operation := mapping(item).get(verb.lower()), dict):
                yield path, verb, operation


def _base(document: Mapping[str, Any]) -> str:
    """Return the path below which the API is served, by the first address that is given."""
    if "swagger" in document:
        return path_of(str(document.get("basePath") or ""))
    first = mapping(next(iter(listed(document.get("servers"))), None))
    variables = mapping(first.get("variables"))
    defaults = {name: str(mapping(each).get("default", "")) for name, each in variables.items()}
    url = str(first.get("url") or "")
    return path_of(_VARIABLE.sub(lambda found: defaults.get(found[1], found[0]), url))


def _pattern(path: str) -> str:
    """Name the variables as patterns allow it, each once."""
    used: set[str] = set()

    def named(found: re.Match[str]) -> str:
        name = unused(re.sub(r"[^A-Za-z0-9_]+", "_", found[1]) or "value", "_", used)
        used.add(name)
        return f"{{{name}}}"

    return _VARIABLE.sub(named, path)


def _line(value: Any) -> str:  # noqa: ANN401  (whatever the document says)
    return " ".join(str(value).replace("\0", "").split()) if isinstance(value, str) else ""
