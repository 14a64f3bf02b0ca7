"""Answers in both formats, and every error of the API in one place (table in docs/)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec
from django.http import HttpResponse

from tollway.portal.api.xml import Node, render

FORBIDDEN = "Forbidden"
NOT_FOUND = "Not found"
NO_PERMISSION = "Your access token does not have the correct permissions"

Errors = Mapping[str, Sequence[str]]


class Format(StrEnum):
    JSON = "json"
    XML = "xml"

    @property
    def content_type(self) -> str:
        return f"application/{self}; charset=utf-8"


def json(document: object, status: int = 200) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(document), status=status, content_type=Format.JSON.content_type
    )


def xml(root: Node, status: int = 200) -> HttpResponse:
    return HttpResponse(render(root), status=status, content_type=Format.XML.content_type)


def empty(status: int, form: Format = Format.XML) -> HttpResponse:
    return HttpResponse(b"", status=status, content_type=form.content_type)


def denied(form: Format) -> HttpResponse:
    """No credentials, unknown or expired ones, or a member who may not."""
    return json({"status": FORBIDDEN}, 403) if form is Format.JSON else empty(403)


def unauthorized() -> HttpResponse:
    """No credentials, or unknown ones, for what only the operator may."""
    return HttpResponse("unauthorized", status=401, content_type="text/plain; charset=utf-8")


def not_found(form: Format) -> HttpResponse:
    return json({"status": NOT_FOUND}, 404) if form is Format.JSON else empty(404)


def failed(message: str, status: int, form: Format) -> HttpResponse:
    if form is Format.JSON:
        return json({"error": message}, status)
    return xml(Node("error", message), status)


def parameter_missing(name: str) -> HttpResponse:
    return HttpResponse(
        f"Required parameter missing: {name}", status=400, content_type="text/plain; charset=utf-8"
    )


def invalid(errors: Errors, status: int, form: Format) -> HttpResponse:
    """Say what is wrong, by field; ``base`` holds what is wrong with the whole."""
    if form is Format.JSON:
        return json({"errors": errors}, status)
    return xml(Node("errors", [Node("error", text) for text in sentences(errors)]), status)


def sentences(errors: Errors) -> Iterator[str]:
    """Say each error in full.

    >>> list(sentences({"system_name": ["has already been taken"], "base": ["It is in use"]}))
    ['System name has already been taken', 'It is in use']
    """
    for field, messages in errors.items():
        name = field.removesuffix("_id").replace("_", " ").capitalize()
        for message in messages:
            yield message if field == "base" else f"{name} {message}"
