"""XML answers: a tree of plain values to bytes. Text is escaped, and names become such as XML has.

Most names are declared; those of annotations and of a tenant's own fields may have any of `/ :`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

from msgspec import Struct

_NOT_IN_NAMES = re.compile(r"^(?![A-Za-z_])|[^A-Za-z0-9_.-]")

# What XML 1.0 cannot hold at all, escaped or not.
_FORBIDDEN = {c: None for c in range(0x20) if c not in {0x09, 0x0A, 0x0D}} | {
    0xFFFE: None,
    0xFFFF: None,
}


class Node(Struct, frozen=True):
    """An element. ``content`` is a scalar, a list of nodes, or a mapping of names to either."""

    name: str
    content: Any = None
    attributes: Mapping[str, Any] = {}


def render(node: Node) -> bytes:
    """Return the document whose root is ``node``."""
    document: str = ET.tostring(_element(node), encoding="unicode")
    document = document.replace(" />", "/>")  # cannot be in a text: `>` is escaped there
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


def scalar(value: object) -> str:
    """Write one value as 3scale does: times ISO 8601 in UTC, amounts with a decimal point."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            at = value.astimezone(UTC).replace(tzinfo=None)
            return f"{at.isoformat(timespec='seconds')}Z"
        case Decimal():
            return str(float(value))
        case _:
            return str(value).translate(_FORBIDDEN)


def _element(node: Node) -> ET.Element:
    name = _NOT_IN_NAMES.sub("_", node.name)
    element = ET.Element(name, {k: scalar(v) for k, v in node.attributes.items()})
    match node.content:
        case Mapping():
            element.extend(_child(name, value) for name, value in node.content.items())
        case list():
            element.extend(_element(child) for child in node.content)
        case _:
            element.text = scalar(node.content)
    return element


def _child(name: str, value: object) -> ET.Element:
    """Make the element of one name. A node says its own name: an entity inside another."""
    return _element(value if isinstance(value, Node) else Node(name, value))
