"""API documents, which this API calls ActiveDocs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from tollway.portal.api.operation import (
    Call,
    Operation,
    creating,
    deleting,
    in_section,
    listing,
    showing,
    updating,
)
from tollway.portal.api.operations.services import products_of
from tollway.portal.api.params import boolean, integer, text
from tollway.portal.api.resources.apidocs import API_DOC
from tollway.portal.api.runs import chosen, find, remove
from tollway.portal.apidocs import selectors, services
from tollway.portal.apidocs.models import ApiDocument

_ALL = "/admin/api/active_docs"
_ONE = f"{_ALL}/{{id}}"
_WRAPPER = "api_docs_service"
_FIELDS = (
    text("description"),
    boolean("published"),
    boolean("skip_swagger_validations"),
    integer("service_id", nullable=True),
)


def _documents(call: Call) -> QuerySet[ApiDocument]:
    """Return those of products that the caller may see, and those of none."""
    documents, user = selectors.documents_of(call.tenant), call.caller.user
    allowed = None if user is None else user.allowed_products()
    if allowed is None:
        return documents
    return documents.filter(Q(product__in=allowed) | Q(product__isnull=True))


def _document(call: Call) -> ApiDocument:
    return find(_documents(call), pk=call.id())


def _given(call: Call) -> dict[str, Any]:
    given = {**call.given}
    if "service_id" in given:
        pk = given.pop("service_id")
        given["product"] = None if pk is None else chosen(products_of(call), "service_id", pk)
    return given


def _create(call: Call) -> ApiDocument:
    return services.create_document(call.tenant, by=call.by, **_given(call))


def _update(call: Call) -> ApiDocument:
    document = _document(call)
    services.update_document(document, by=call.by, **_given(call))
    return document


OPERATIONS: tuple[Operation, ...] = in_section(
    "plans",
    (
        listing(_ALL, "API documents (ActiveDocs)", API_DOC, _documents),
        creating(
            _ALL,
            "Add a document: OpenAPI 2.0, 3.0 or 3.1 as text; of a product, or of none",
            API_DOC,
            _create,
            params=(
                text("name", required=True),
                text("system_name"),
                text("body", required=True),
                *_FIELDS,
            ),
            wrapper=_WRAPPER,
        ),
        showing(_ONE, "One document", API_DOC, _document),
        updating(
            _ONE,
            "Change a document; its system_name is fixed",
            API_DOC,
            _update,
            params=(text("name"), text("body"), *_FIELDS),
            wrapper=_WRAPPER,
        ),
        deleting(_ONE, "Remove a document", remove(_document, services.delete_document)),
    ),
)
