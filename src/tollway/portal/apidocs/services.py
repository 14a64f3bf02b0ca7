"""Writing documents: each is read and checked before it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from msgspec import Struct

from tollway.portal.apidocs import selectors
from tollway.portal.apidocs.checking import faults_of, version_of
from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.operations import Operation
from tollway.portal.apidocs.reading import Fault, UnreadableError, Value, lines_of, read
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import create_mapping_rule, create_method
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import change, fill, lock, refuse, system_name, unused
from tollway.portal.tenants.models import Tenant

FIELDS = ("name", "description", "published", "skip_swagger_validations", "body")
_LOGGED = ("name", "system_name", "published")
_COLUMNS = (*FIELDS, "system_name", "document", "version")


@transaction.atomic
def create_document(
    tenant: Tenant,
    *,
    by: Actor,
    product: Product | None = None,
    **fields: Any,  # noqa: ANN401
) -> ApiDocument:
    """Keep a document of a product, or of none.

    ``fields``: name, body (JSON or YAML), and optionally system_name (made of the name if absent;
    fixed from then on), description, published, skip_swagger_validations. Raises
    ``ValidationError``; about the body it says in which lines something is wrong.
    """
    lock(tenant)
    if not fields.get("system_name"):
        others = selectors.documents_of(tenant)
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "api")
    row = ApiDocument(tenant=tenant, product=product)
    _own(tenant, product)
    skips = bool(fields.get("skip_swagger_validations"))
    fill(row, {**fields, **_read(str(fields.get("body") or ""), skips=skips)}, _COLUMNS)
    row.save()
    after = {name: getattr(row, name) for name in _LOGGED} | {"product_id": row.product_id}
    events.append(tenant, "api_document.created", row.pk, by=by, after=after)
    return row


@transaction.atomic
def update_document(row: ApiDocument, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``FIELDS``, and ``product`` (None: of no product).

    A body that is not given is checked again only if it was kept unchecked, and is not to be.
    """
    lock(row)
    skips = bool(changes.get("skip_swagger_validations", row.skip_swagger_validations))
    if "body" in changes or (row.skip_swagger_validations and not skips):
        changes |= _read(str(changes.get("body", row.body) or ""), skips=skips)
    before, after = _move(row, changes.pop("product")) if "product" in changes else ({}, {})
    was, is_now = change(row, changes, (*FIELDS, "document", "version"))
    before, after = before | _told(was), after | _told(is_now)
    if after:
        events.append(row.tenant, "api_document.updated", row.pk, by=by, before=before, after=after)


@transaction.atomic
def delete_document(row: ApiDocument, *, by: Actor) -> None:
    tenant, pk = row.tenant, row.pk
    before = {"name": row.name, "system_name": row.system_name}
    row.delete()
    events.append(tenant, "api_document.deleted", pk, by=by, before=before)


class Counted(Struct, frozen=True):
    """How many methods and mapping rules were made."""

    methods: int
    rules: int


@transaction.atomic
def count_operations(product: Product, operations: Sequence[Operation], *, by: Actor) -> Counted:
    """Make a method for each of these kinds of calls, and a rule that counts it.

    What is there stays: a method or metric of that system name is counted by the new rule, and
    where a rule has the verb and the pattern nothing is done. Raises ``ValidationError``, and makes
    nothing, for a pattern that is none.
    """
    lock(product)
    metrics = {row.system_name: row for row in catalog.metrics_of(product.tenant, product)}
    names = {row.friendly_name for row in metrics.values()}
    rules = catalog.mapping_rules_of(product.tenant, product)
    ruled = {f"{verb} {pattern}" for verb, pattern in rules.values_list("http_method", "pattern")}
    wanted = [each for each in operations if each.key not in ruled]
    methods = 0
    for each in wanted:
        metric = metrics.get(each.system_name)
        if metric is None:
            name, methods = unused(each.name, " ", names), methods + 1
            names.add(name)
            metric = create_method(product, by=by, friendly_name=name, system_name=each.system_name)
        create_mapping_rule(
            product, by=by, metric=metric, http_method=each.verb, pattern=each.pattern, delta=1
        )
    return Counted(methods, len(wanted))


def _own(tenant: Tenant, product: Product | None) -> None:
    if product is not None and product.tenant_id != tenant.pk:
        raise refuse("service_id", "does not exist")


def _move(row: ApiDocument, product: Product | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a document to another product, or to none; return (before, after)."""
    _own(row.tenant, product)
    old, new = row.product_id, product.pk if product else None
    if old == new:
        return {}, {}
    row.product = product
    row.save(update_fields=["product", "updated_at"])
    return {"product_id": old}, {"product_id": new}


def _read(body: str, *, skips: bool) -> dict[str, str]:
    """Return what is kept beside the body. Raises ``ValidationError`` about it."""
    if not body.strip():
        return {"document": "{}", "version": ""}  # a blank body is refused as every blank field is
    try:
        document = read(body)
    except UnreadableError as error:
        raise refuse("body", str(error)) from None
    faults = [] if skips else faults_of(document)
    if faults:
        raise ValidationError({"body": _located(body, faults)})
    return {"document": _json(document), "version": version_of(document)}


def _json(document: dict[str, Value]) -> str:
    try:
        return msgspec.json.encode(document).decode()
    except UnicodeEncodeError:  # JSON can say what no encoding can
        raise refuse("body", "has half of a character pair") from None


def _located(body: str, faults: list[Fault]) -> list[str]:
    """Say of each fault in which line it is, and where in the document."""
    lines = lines_of(body, [fault.path for fault in faults])
    return [
        ": ".join(filter(None, (_place(fault, lines.get(fault.path)), fault.message)))
        for fault in faults
    ]


def _place(fault: Fault, line: int | None) -> str:
    if not fault.path:
        return ""
    name = ".".join(fault.path)
    return f"line {line}, {name}" if line else name


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Say of a body that it has changed, not what it says."""
    found = {name: value for name, value in values.items() if name not in {"body", "document"}}
    return {**found, "body": "…"} if "body" in values else found
