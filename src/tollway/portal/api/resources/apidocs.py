"""The shape of an API document, which this API calls ActiveDocs."""

from __future__ import annotations

from tollway.portal.api.resource import TIMES, Resource
from tollway.portal.apidocs.models import ApiDocument


def _body(document: ApiDocument) -> str:
    """Return what was given, byte for byte; of YAML the same in JSON, which clients read."""
    given = document.body
    return given if given.lstrip().startswith("{") else document.document


API_DOC = Resource(
    "api_doc",
    "api_docs",
    json=(
        "id", "system_name", "name", "description", "published", "skip_swagger_validations",
        "body", "service_id", *TIMES,
    ),
    xml=("id", "system_name", "name", "description", "published", "body", *TIMES),
    values={"body": _body, "service_id": lambda document: document.product_id},
    load=lambda query: query.defer(None),
    types={"published": "boolean", "skip_swagger_validations": "boolean"},
)  # fmt: skip
