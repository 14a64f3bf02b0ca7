"""The API's description of itself: an OpenAPI 3.1 document, made of the rows.

It knows nothing that the rows do not say. What is the same for all of them (formats, credentials,
the shapes of refusals) is written once, under ``components``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tollway
from tollway.portal.api import schemas
from tollway.portal.api.operation import PER_PAGE_MAX, Operation, by_path
from tollway.portal.api.params import Param
from tollway.portal.api.resource import Resource
from tollway.portal.api.schemas import Schema

JSON, XML, PLAIN = "application/json", "application/xml", "text/plain"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LISTS = frozenset({"list", "integers", "objects"})

_DESCRIPTION = """
What can be done in the admin portal, as an API with the wire formats of 3scale's.

The format is chosen by a suffix of the path, `.json` or `.xml`, or else by `Accept`; without both
it is XML. Fields may stand flat, as described here, or under the name of the resource
(`service[name]`, `{"service": {"name": ..}}`), in the query string or in the body. Names that an
operation does not know are ignored. A list is written `name[]=a&name[]=b` in a form.
"""
_REFUSAL: Schema = {
    "type": "object",
    "properties": {
        "status": {"type": "string"},
        "error": {},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
_BOTH = (JSON, XML)
_RESPONSES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "304": ("Not changed since the answer with the ETag in `If-None-Match`", ()),
    "400": ("The body cannot be read, or an indispensable parameter is missing", (*_BOTH, PLAIN)),
    "401": ("No credential of the operator's", (PLAIN,)),
    "403": ("No valid credential, one that does not cover this, or a refused deletion", _BOTH),
    "404": ("There is no such object, or it is another tenant's", _BOTH),
    "406": ("The format is not there", ()),
    "409": ("Somebody else did the same at this moment", ()),
    "413": ("The request is too large", _BOTH),
    "422": ("Values that cannot be, by field; or the object's state does not allow it", _BOTH),
}
_ENVIRONMENT: Schema = {"type": "string", "enum": ["sandbox", "staging", "production"]}
_NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_VARIABLES: Mapping[str, Schema] = {
    "environment": _ENVIRONMENT,
    "key": {"type": "string", "minLength": 1},
    "token": {"type": "string", "pattern": "^[A-Za-z0-9]{1,255}$"},
}
_PAGES: Sequence[Mapping[str, Any]] = (
    {
        "name": "page",
        "in": "query",
        "description": "From 1; beyond the end the list is empty",
        "schema": {"type": "integer", "default": 1},
    },
    {
        "name": "per_page",
        "in": "query",
        "description": f"1 to {PER_PAGE_MAX}; anything else means {PER_PAGE_MAX}",
        "schema": {"type": "integer", "default": PER_PAGE_MAX},
    },
)


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document of these operations."""
    shapes = _Shapes()
    paths = {
        path: {method.lower(): _operation(row, method, shapes) for method, row in methods.items()}
        for path, methods in by_path(operations).items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tollway Account Management API",
            "version": tollway.__version__,
            "description": _DESCRIPTION.strip(),
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {"refusal": _REFUSAL, **shapes.components},
            "responses": {status: _refused(*told) for status, told in _RESPONSES.items()},
            "securitySchemes": {
                "access_token": _in_query("access_token", "A token of one of the tenant's users"),
                "provider_key": _in_query("provider_key", "The tenant's own key, for everything"),
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Token or key, as user name or as password",
                },
            },
        },
    }


class _Shapes:
    """Gives each resource a name under ``components``; two may have one entity."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._named: list[tuple[str, Resource]] = []

    def json(self, resource: Resource) -> Schema:
        name = self._name(resource)
        self.components.setdefault(name, schemas.of_entity(resource))
        return {"$ref": f"#/components/schemas/{name}"}

    def xml(self, resource: Resource) -> Schema:
        name = f"{self._name(resource)}_xml"
        self.components.setdefault(name, schemas.of_xml_entity(resource))
        return {"$ref": f"#/components/schemas/{name}"}

    def _name(self, resource: Resource) -> str:
        found = next((name for name, known in self._named if known is resource), None)
        if found is None:
            namesakes = sum(known.entity == resource.entity for _, known in self._named)
            found = f"{resource.entity}_{namesakes + 1}" if namesakes else resource.entity
            self._named.append((found, resource))
        return found


def _operation(row: Operation, method: str, shapes: _Shapes) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _identifier(method, row.path),
        "tags": [_segments(row.path)[0]],
        "summary": row.summary,
        "parameters": [*_path_parameters(row), *_query_parameters(row)],
        "responses": {str(row.status): _success(row, shapes), **_refusals(row)},
        "security": _security(row),
    }
    if row.params and not _in_query_only(row):
        told["requestBody"] = _body(row.params)
    return told


def _segments(path: str) -> list[str]:
    return path.removeprefix("/admin/api/").removeprefix("/master/api/").lstrip("/").split("/")


def _identifier(method: str, path: str) -> str:
    """Name an operation for generated clients.

    >>> _identifier("GET", "/admin/api/services/{service_id}/metrics/{id}")
    'get_services_by_service_id_metrics_by_id'
    """
    parts = [p.replace("{", "by_").replace("}", "").replace(".", "_") for p in _segments(path)]
    return "_".join([method.lower(), *(["master"] if path.startswith("/master") else []), *parts])


def _in_query_only(row: Operation) -> bool:
    return row.method in {"GET", "DELETE"}


def _path_parameters(row: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _VARIABLES.get(name, _NUMBER)}
        for name in row.variables
    ]


def _query_parameters(row: Operation) -> list[Mapping[str, Any]]:
    pages = _PAGES if row.paginated else ()
    if not _in_query_only(row):
        return []
    return [
        *(
            {
                "name": _form_name(param),
                "in": "query",
                "required": param.required,
                "schema": schemas.of_param(param),
            }
            for param in row.params
        ),
        *pages,
    ]


def _form_name(param: Param) -> str:
    return f"{param.name}[]" if param.kind in LISTS else param.name


def _body(params: Sequence[Param]) -> dict[str, Any]:
    flat = _fields({param.name: param for param in params})
    form = _fields({_form_name(param): param for param in params})
    content: dict[str, Any] = {JSON: {"schema": flat}}
    objects = [param.name for param in params if param.kind == "mapping"]
    encoding = {name: {"style": "deepObject", "explode": True} for name in objects}
    for kind in FORMS:
        content[kind] = {"schema": form, **({"encoding": encoding} if encoding else {})}
    return {"required": any(param.required for param in params), "content": content}


def _fields(params: Mapping[str, Param]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type": "object",
        "properties": {name: schemas.of_param(param) for name, param in params.items()},
    }
    if required := [name for name, param in params.items() if param.required]:
        fields["required"] = required
    return fields


def _success(row: Operation, shapes: _Shapes) -> dict[str, Any]:
    told: dict[str, Any] = {"description": row.summary}
    if row.document:
        return {**told, "content": {JSON: {"schema": {}}}}
    if row.resource is None:
        return {"description": "Done; the body is empty"}
    content = {JSON: {"schema": _json(row, row.resource, shapes)}}
    if not row.json_only:
        content[XML] = {"schema": _xml(row, row.resource, shapes)}
    told["content"] = content
    if row.status == 201 and "self" in row.resource.links:
        location = {"description": "Where the object is", "schema": {"type": "string"}}
        told["headers"] = {"Location": location}
    return told


def _json(row: Operation, resource: Resource, shapes: _Shapes) -> Schema:
    entity = shapes.json(resource)
    return schemas.of_list(resource, entity, paginated=row.paginated) if row.many else entity


def _xml(row: Operation, resource: Resource, shapes: _Shapes) -> Schema:
    entity = shapes.xml(resource)
    return schemas.of_xml_list(resource, entity) if row.many else entity


def _refusals(row: Operation) -> dict[str, Any]:
    statuses = [*([304] if row.method == "GET" else []), *row.refusals]
    return {str(s): {"$ref": f"#/components/responses/{s}"} for s in statuses}


def _refused(description: str, kinds: Sequence[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": description}
    if kinds:
        refusal = {"$ref": "#/components/schemas/refusal"}
        told["content"] = {kind: {"schema": refusal if kind == JSON else {}} for kind in kinds}
    return told


def _security(row: Operation) -> list[dict[str, list[str]]]:
    scopes = sorted(row.scopes)
    return [{"access_token": scopes}, {"provider_key": []}, {"basic": scopes}]


def _in_query(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "query", "name": name, "description": description}
