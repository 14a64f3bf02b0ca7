"""Reading the text of a document: JSON or YAML, within bounds, and the lines where things stand.

YAML is read as YAML 1.2's core schema has it, so that it means what the same JSON would: keys are
texts, `yes` and dates are texts, tags mean nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml
from msgspec import Struct

BYTES_MAX = 2 * 1024 * 1024
DEPTH_MAX = 100
NODES_MAX = 100_000

Path = tuple[str, ...]
Value = Any

_NULL = re.compile(r"|~|null|Null|NULL")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_TOO_DEEP = f"is nested too deeply (maximum is {DEPTH_MAX} levels)"
_TOO_MANY = f"has too many values (maximum is {NODES_MAX:,})"


class UnreadableError(ValueError):
    """The text cannot be read. The message continues the field's name, as services' messages do."""


class Fault(Struct, frozen=True):
    """Something that is wrong at one place of a document that was read."""

    path: Path
    message: str


def read(text: str) -> dict[str, Value]:
    """Return the object that a text holds. Raises ``UnreadableError``."""
    if len(text.encode(errors="replace")) > BYTES_MAX:
        raise UnreadableError(f"is too long (maximum is {BYTES_MAX // 1024**2} MB)")
    value = _json(text) if text.lstrip().startswith("{") else _yaml(text)
    if not isinstance(value, dict):
        raise UnreadableError("must be an object in JSON or YAML")
    return value


def lines_of(text: str, paths: Iterable[Path]) -> Mapping[Path, int]:
    """Return the line, from 1, on which each of these values of a text that was read begins."""
    root = _composed(text)
    return {path: _line(root, path) for path in paths} if root else {}


def mapping(value: Value) -> dict[str, Value]:
    """Return an object of a document that nobody has checked; {} for what is none."""
    return value if isinstance(value, dict) else {}


def listed(value: Value) -> list[Value]:
    """Return a list of a document that nobody has checked; [] for what is none."""
    return value if isinstance(value, list) else []


def path_of(url: str) -> str:
    """Return the path of an address, without a slash at its end; "" if it is no address."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _json(text: str) -> Value:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    except json.JSONDecodeError as error:
        told = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise UnreadableError(told) from None
    except ValueError as error:  # NaN, or a number with thousands of digits
        raise UnreadableError(f"has a number that cannot be read: {error}") from None
    _measure(value)
    return value


def _no_constant(name: str) -> Value:
    raise ValueError(name)


def _measure(value: Value) -> None:
    """Refuse what is too deep or too large to be looked at, one level after the other."""
    level, depth, count = [value], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEPTH_MAX:
            raise UnreadableError(_TOO_DEEP)
        if count > NODES_MAX:
            raise UnreadableError(_TOO_MANY)
        level = [child for each in level for child in _children(each)]


def _children(value: Value) -> Iterable[Value]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _yaml(text: str) -> Value:
    try:
        _measure_events(text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnreadableError(f"{where}{error.problem or error.context}") from None
    except yaml.YAMLError:
        raise UnreadableError("has a character that YAML does not allow") from None
    return _Plain().value_of(root) if root else None


def _measure_events(text: str) -> None:
    """Refuse what would grow too large in memory, before anything is made of it."""
    depth = count = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        count += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise UnreadableError(_TOO_DEEP)
        if count > 2 * NODES_MAX:  # with keys, and no value has more than one
            raise UnreadableError(_TOO_MANY)


class _Plain:
    """Makes plain values of composed YAML. Aliases are written out, and count each time."""

    def __init__(self) -> None:
        self._count = 0

    def value_of(self, node: yaml.Node, depth: int = 1) -> Value:
        self._count += 1
        if depth > DEPTH_MAX:  # of aliases, perhaps of a value within itself
            raise UnreadableError(_TOO_DEEP)
        if self._count > NODES_MAX:
            raise UnreadableError(_TOO_MANY)
        match node:
            case yaml.MappingNode(value=pairs):
                return {_key(key): self.value_of(value, depth + 1) for key, value in pairs}
            case yaml.SequenceNode(value=items):
                return [self.value_of(item, depth + 1) for item in items]
            case _:
                return _scalar(node)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        line = node.start_mark.line + 1
        raise UnreadableError(f"line {line}: a name must be a text")
    return str(node.value)


def _scalar(node: yaml.Node) -> Value:
    text = str(node.value)
    if getattr(node, "style", ""):  # quoted, or a block
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _composed(text: str) -> yaml.Node | None:
    """Compose a text whose values were read; JSON is YAML, but for some characters in texts."""
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    return root


def _line(node: yaml.Node, path: Path) -> int:
    """Go down as far as the path leads."""
    line = node.start_mark.line
    for name in path:
        found = next((pair for pair in _named(node) if pair[0] == name), None)
        if found is None:
            break
        _, line, node = found
    return int(line) + 1


def _named(node: yaml.Node) -> Iterator[tuple[str, int, yaml.Node]]:
    """Yield what is in a node: its name or number, its line, and itself."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield str(index), item.start_mark.line, item
