"""A document as developers get it: calls go to the gateway, with the credentials that it reads.

What the provider wrote stays as it is, but for the addresses, which become the product's public
one, and for what carries the credentials: it becomes a security scheme of each operation, so that
a reader is asked for them once. Pure, and ready for documents that nobody has checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tollway.portal.apidocs.reading import listed, mapping, path_of
from tollway.portal.fields import unused

Document = Mapping[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PLACES = {"query": "query", "headers": "header"}  # the gateway's word, and OpenAPI's


class Door(Struct, frozen=True):
    """Where a product is served, and which credentials are read there, in order.

    ``location`` is "query", "headers" or "authorization"; ``names`` is empty with OpenID Connect,
    whose tokens are no fixed credentials.
    """

    endpoint: str
    location: str
    names: tuple[str, ...]


class Fill(Struct, frozen=True):
    """A security scheme of the document, and the credentials that fill it: user and password."""

    scheme: str
    basic: bool
    names: tuple[str, ...]


class Shown(Struct, frozen=True):
    document: Document
    fills: tuple[Fill, ...]


def through(document: Document, door: Door) -> Shown:
    """Return the document of a product for those who call it through ``door``."""
    old = "swagger" in document
    placed = {
        **document,
        **(_host(door) if old else {"servers": [_server(document, door)]}),
        "paths": {url: _placed(item) for url, item in mapping(document.get("paths")).items()},
    }
    if not door.names:
        return Shown(placed, ())
    known = _known_schemes(document, old=old)
    named = {
        _scheme_name(scheme, names[0], known): (scheme, names)
        for names, scheme in _schemes(door, old=old)
    }
    schemes = {**{name: scheme for name, (scheme, _) in named.items()}, **known}
    shown = {
        **_with_schemes(placed, schemes, old=old),
        "security": _asking(document.get("security"), tuple(named)),
        "paths": {
            url: _asked(document, item, door, tuple(named)) for url, item in placed["paths"].items()
        },
    }
    basic = door.location == "authorization"
    return Shown(shown, tuple(Fill(name, basic, names) for name, (_, names) in named.items()))


# --- where calls go ----------------------------------------------------------------------------


def _server(document: Document, door: Door) -> Document:
    """Keep the path of the first server, and the variables in it."""
    first = mapping(next(iter(listed(document.get("servers"))), None))
    path = path_of(str(first.get("url", "")))
    declared = mapping(first.get("variables"))
    variables = {name: each for name, each in declared.items() if f"{{{name}}}" in path}
    return {"url": door.endpoint + path, **({"variables": variables} if variables else {})}


def _host(door: Door) -> Document:
    address = urlsplit(door.endpoint)
    return {"host": address.netloc, "schemes": [address.scheme]}


def _placed(item: Any) -> Any:  # noqa: ANN401
    """Let paths and operations name no address of their own."""
    kept = {name: part for name, part in mapping(item).items() if name != "servers"}
    for method in _METHODS:
        if isinstance(operation := kept.get(method), dict):
            kept[method] = {k: v for k, v in operation.items() if k not in {"servers", "schemes"}}
    return kept


# --- with which credentials --------------------------------------------------------------------


def _schemes(door: Door, *, old: bool) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """Return the schemes that say what the gateway reads, with the credentials that fill each."""
    if door.location == "authorization":
        return [(door.names, {"type": "basic"} if old else {"type": "http", "scheme": "basic"})]
    place = _PLACES[door.location]
    return [((name,), {"type": "apiKey", "in": place, "name": name}) for name in door.names]


def _known_schemes(document: Document, *, old: bool) -> dict[str, Any]:
    if old:
        return mapping(document.get("securityDefinitions"))
    return mapping(mapping(document.get("components")).get("securitySchemes"))


def _with_schemes(document: Document, schemes: Document, *, old: bool) -> Document:
    if old:
        return {**document, "securityDefinitions": schemes}
    components = {**mapping(document.get("components")), "securitySchemes": schemes}
    return {**document, "components": components}


def _scheme_name(wanted: Mapping[str, str], name: str, known: Document) -> str:
    """Take the document's own scheme where it has one that says the same."""
    for own, scheme in known.items():
        said = mapping(scheme)
        if all(str(said.get(key, "")).lower() == value.lower() for key, value in wanted.items()):
            return own
    return unused(name, "_", set(known))


def _asking(requirements: Any, names: Sequence[str]) -> list[dict[str, Any]]:  # noqa: ANN401
    """Ask for these schemes beside what is asked for already."""
    ours: dict[str, Any] = {name: [] for name in names}
    return [{**mapping(each), **ours} for each in listed(requirements) or [{}]]


def _asked(document: Document, item: Document, door: Door, names: Sequence[str]) -> Document:
    """Take out the parameters that a scheme sends now."""
    kept = _without_credentials(document, item, door)
    for method in _METHODS:
        if isinstance(operation := kept.get(method), dict):
            kept[method] = _without_credentials(document, operation, door)
            if "security" in operation:
                kept[method]["security"] = _asking(operation["security"], names)
    return kept


def _without_credentials(document: Document, part: Document, door: Door) -> dict[str, Any]:
    if "parameters" not in part:
        return dict(part)
    parameters = listed(part["parameters"])
    kept = [each for each in parameters if not _carries(_referred(document, each), door)]
    return {**part, "parameters": kept}


def _carries(parameter: Any, door: Door) -> bool:  # noqa: ANN401
    said, names = mapping(parameter), {name.lower() for name in door.names}
    placed = said.get("in") == _PLACES.get(door.location)
    return placed and str(said.get("name", "")).lower() in names


def _referred(document: Document, value: Any) -> Any:  # noqa: ANN401
    """Follow a reference to a parameter that several operations share."""
    reference = mapping(value).get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return value
    found: Any = document
    for name in reference[2:].split("/"):
        found = mapping(found).get(name.replace("~1", "/").replace("~0", "~"))
    return found
