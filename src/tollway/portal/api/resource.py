"""The shape of an entity on the wire, declared once and written as JSON and as XML.

A ``Resource`` lists the fields of each format by name. A name is an attribute of the object unless
``values`` says how to get it; ``when`` leaves a field out. Nothing here knows HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db.models import Model, QuerySet
from msgspec import Struct

from tollway.portal.api.xml import Node, scalar

TIMES = ("created_at", "updated_at")

_PAGE = ("per_page", "total_entries", "total_pages", "current_page")


class Resource(Struct, frozen=True):
    """``collection`` "" is a bare list, ``xml`` None is JSON only, ``links`` are paths.

    ``load`` adds to a query what the fields need, so that a list costs a fixed number of queries;
    ``load_xml`` adds what only those of XML do.
    ``types`` names the type of a field where ``schemas`` would not guess it from the name.
    ``more`` returns fields of JSON whose names are a tenant's own. ``xml_attributes`` that are None
    are left out.
    """

    entity: str
    collection: str
    json: tuple[str, ...]
    xml: tuple[str, ...] | None = None
    values: Mapping[str, Callable[[Any], Any]] = {}
    when: Mapping[str, Callable[[Any], bool]] = {}
    links: Mapping[str, Callable[[Any], str]] = {}
    relative_links: bool = False
    xml_entity: str = ""
    xml_collection: str = ""
    xml_attributes: Mapping[str, Callable[[Any], Any]] = {}
    load: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda query: query
    load_xml: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda query: query
    types: Mapping[str, str] = {}
    more: Callable[[Any], Mapping[str, Any]] | None = None

    def fields(self, names: Iterable[str], obj: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the value of each name that ``obj`` has."""
        return {name: self.value(name, obj) for name in names if self._has(name, obj)}

    @property
    def xml_root(self) -> str:
        """The element's name in XML; in JSON it may be another."""
        return self.xml_entity or self.entity

    @property
    def xml_list_root(self) -> str:
        return self.xml_collection or self.collection

    def value(self, name: str, obj: Any) -> Any:  # noqa: ANN401
        get = self.values.get(name)
        return get(obj) if get else getattr(obj, name)

    def _has(self, name: str, obj: Any) -> bool:  # noqa: ANN401
        condition = self.when.get(name)
        return condition is None or condition(obj)


class Embedded(Struct, frozen=True):
    """Entities inside another: one object, or, in XML, several under the name of the field."""

    resource: Resource
    objects: Any


class Page(Struct, frozen=True):
    """Which part of a list this is. Numbers start at 1."""

    current_page: int
    per_page: int
    total_entries: int

    @property
    def total_pages(self) -> int:
        return -(-self.total_entries // self.per_page)

    def metadata(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in _PAGE}


def json_of(resource: Resource, obj: Any, base_url: str) -> dict[str, Any]:  # noqa: ANN401
    """Return ``{entity: {..}}``. Links are absolute unless the resource says otherwise."""
    found = resource.fields(resource.json, obj)
    fields = {name: _in_json(value, base_url) for name, value in found.items()}
    if resource.more is not None:
        fields |= resource.more(obj)
    if resource.links:
        base = "" if resource.relative_links else base_url
        fields["links"] = [
            {"rel": rel, "href": base + path(obj)} for rel, path in resource.links.items()
        ]
    return {resource.entity: fields}


def _in_json(value: Any, base_url: str) -> Any:  # noqa: ANN401
    if isinstance(value, Embedded):
        return json_of(value.resource, value.objects, base_url)[value.resource.entity]
    return plain(value)


def json_list(
    resource: Resource, objects: Iterable[Any], base_url: str, page: Page | None
) -> dict[str, Any] | list[Any]:
    """Return the list; ``page`` is told only when there is more than one."""
    items = [json_of(resource, obj, base_url) for obj in objects]
    if not resource.collection:
        return items
    answer: dict[str, Any] = {resource.collection: items}
    if page is not None and page.total_pages > 1:
        answer["metadata"] = page.metadata()
    return answer


def xml_of(resource: Resource, obj: Any) -> Node:  # noqa: ANN401
    attributes = {name: get(obj) for name, get in resource.xml_attributes.items()}
    fields = resource.fields(resource.xml or (), obj)
    return Node(
        resource.xml_root,
        {name: _content(name, value) for name, value in fields.items()},
        {name: value for name, value in attributes.items() if value is not None},
    )


def xml_list(resource: Resource, objects: Iterable[Any], page: Page | None) -> Node:
    told = page.metadata() if page is not None and page.total_pages > 1 else {}
    return Node(resource.xml_list_root, [xml_of(resource, obj) for obj in objects], told)


def plain(value: Any) -> Any:  # noqa: ANN401
    """Return what JSON can hold: times as text, amounts as numbers, rows as their id."""
    match value:
        case datetime():
            return scalar(value)
        case Decimal():
            return float(value)
        case Model():
            return value.pk
        case _:
            return value


def _content(name: str, value: Any) -> Any:  # noqa: ANN401
    """Return what a node may hold. Lists of words become elements, documents their JSON."""
    match value:
        case Embedded(resource, list() | tuple() | QuerySet() as objects):
            return [xml_of(resource, obj) for obj in objects]
        case Embedded(resource, obj):
            return xml_of(resource, obj)
        case list():
            return _listed(name, value)
        case Mapping():
            return {key: _content(key, each) for key, each in value.items()}
        case _:
            return value


def _listed(name: str, items: list[Any]) -> list[Node] | str:
    """Write one object for each ``Embedded`` of a list: their kinds may differ."""
    match items:
        case [Embedded(), *_]:
            return [xml_of(each.resource, each.objects) for each in items]
        case [dict(), *_]:
            return msgspec.json.encode(items).decode()
        case _:
            return [Node(name.removesuffix("s"), item) for item in items]
