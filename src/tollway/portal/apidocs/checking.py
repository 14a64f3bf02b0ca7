"""What is wrong with a document: by the schema of the version it is written in, and by references.

The schemas are those of `openapi-spec-validator`, of which nothing else is used: it would fetch
what a document refers to, and try a tenant's regular expressions on a tenant's texts.
`jsonschema-rs` compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import distribution
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from tollway.portal.apidocs.reading import Fault, Path, Value

FAULTS_MAX = 20
_MESSAGE_MAX = 200
_VERSION = re.compile(r"(2\.0|3\.0|3\.1)(\.\d{1,3})?")
# Below these a `$ref` is a value that is shown, not a reference.
_SHOWN = frozenset({"example", "examples", "default", "enum", "const"})


def version_of(document: Mapping[str, Value]) -> str:
    """Return what the document says it is written in, "" if nothing."""
    found = document.get("openapi") or document.get("swagger") or document.get("swaggerVersion")
    return str(found)[:16] if isinstance(found, str | float) else ""


def faults_of(document: Mapping[str, Value]) -> list[Fault]:
    """Return what is wrong, at most ``FAULTS_MAX`` things; an empty list for a good document."""
    known = _VERSION.fullmatch(version_of(document))
    if known is None or ("openapi" in document) != known[1].startswith("3"):
        return [Fault((), _unknown(document))]
    faults = [_told(error) for error in _validator(known[1]).iter_errors(document)]
    return [*dict.fromkeys(faults), *_references(document)][:FAULTS_MAX]


def _unknown(document: Mapping[str, Value]) -> str:
    if str(document.get("swaggerVersion", "")).startswith("1."):
        return "Swagger 1.2 is not read; convert the document to OpenAPI 3"
    return 'must say what it is: "swagger": "2.0", "openapi": "3.0.x" or "openapi": "3.1.x"'


@cache
def _validator(version: str) -> Any:  # noqa: ANN401  (the library's validators share no type)
    where = f"openapi_spec_validator/resources/schemas/v{version}/schema.json"
    file = distribution("openapi-spec-validator").locate_file(where)
    return jsonschema_rs.validator_for(json.loads(file.read_text()))


def _told(error: jsonschema_rs.ValidationError) -> Fault:
    said = _closest(error)
    message = said.message
    if len(message) > _MESSAGE_MAX:
        message = f"{message[:_MESSAGE_MAX]}…"
    return Fault(tuple(map(str, said.instance_path)), message)


def _closest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Of alternatives that all fail take the one that got furthest; a reference was not meant."""
    branches = getattr(error.kind, "context", None) or ()
    tried = [each for branch in branches for each in branch if not _wants_reference(each)]
    if not tried:
        return error
    return _closest(max(tried, key=lambda each: len(each.instance_path)))


def _wants_reference(error: jsonschema_rs.ValidationError) -> bool:
    return getattr(error.kind, "property", None) == "$ref"


def _references(document: Mapping[str, Value]) -> Iterator[Fault]:
    """Yield the references that lead out of the document, or nowhere in it."""
    for path, reference in _all_references(document, ()):
        if not reference.startswith("#"):
            yield Fault(path, f'"{reference[:_MESSAGE_MAX]}" is elsewhere, and nothing is fetched')
        elif reference.startswith("#/") and not _resolves(document, reference):
            yield Fault(path, f'"{reference[:_MESSAGE_MAX]}" does not exist')


def _all_references(value: Value, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield (*path, "$ref"), reference
        for name, child in value.items():
            if name not in _SHOWN:
                yield from _all_references(child, (*path, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _all_references(child, (*path, str(index)))


def _resolves(document: Mapping[str, Value], reference: str) -> bool:
    value: Value = document
    for part in unquote(reference)[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif (
            isinstance(value, list)
            and name.isascii()
            and name.isdecimal()
            and int(name) < len(value)
        ):
            value = value[int(name)]
        else:
            return False
    return True
