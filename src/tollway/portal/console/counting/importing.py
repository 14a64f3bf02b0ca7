"""Making methods and mapping rules of what an API document describes (checklist S65)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from msgspec import Struct

from tollway.portal.apidocs.models import ApiDocument
from tollway.portal.apidocs.operations import OPERATIONS_MAX, Operation, operations_of
from tollway.portal.apidocs.services import count_operations
from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric, Product
from tollway.portal.catalog.models.metrics import pattern_of_a_rule
from tollway.portal.console.apidocs.finding import seen_documents
from tollway.portal.console.counting.rules import LATER
from tollway.portal.console.pages import actor_of, product_or_404
from tollway.portal.console.products.navigation import product_section
from tollway.portal.console.shell import show
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.once import once
from tollway.portal.web.toasts import tell

DOCUMENT, ROWS = "document", "rows"
MANY = 20  # the guide advises 5 to 20 methods and metrics
NONE_TICKED = "Nothing was made: tick a kind of call first."
GONE = "Nothing was made: the document is gone."


class Row(Struct, frozen=True):
    """An operation of the document. ``counts_on``: what its rule would count, if it is there.

    ``hindrance`` says why there is nothing to make; then it cannot be ticked. ``is_there``: a rule
    has its verb and pattern.
    """

    operation: Operation
    is_there: bool
    counts_on: str
    hindrance: str
    is_ticked: bool


@once
def index(request: HttpRequest, product_id: int) -> HttpResponse:
    """Show what a document describes; a POST makes methods and rules of what was ticked."""
    product = product_or_404(request, product_id)
    documents = list(_documents(request, product))
    sent = request.POST if request.method == "POST" else request.GET
    wanted = chosen_id(str(sent.get(DOCUMENT, "")))
    asked = next((each for each in documents if each.pk == wanted), None)
    document = asked or next(iter(documents), None)
    ticked = frozenset(request.POST.getlist(ROWS)) if request.method == "POST" else None
    rows = rows_of(product, document, ticked) if document else []
    refusal = ""
    if request.method == "POST":
        operations = [row.operation for row in rows if row.is_ticked]
        refusal = GONE if wanted and not asked else _made(request, product, operations)
        if not refusal:
            return redirect(f"{reverse('product-metrics', args=(product.pk,))}?kind=methods")
    new = sum(not row.is_there for row in rows)
    context = {
        "product": product,
        "documents": documents,
        "document": document,
        "rows": rows,
        "ticked": sum(row.is_ticked for row in rows),
        "makable": sum(not row.hindrance for row in rows),
        "many": MANY,
        "most": OPERATIONS_MAX if new == OPERATIONS_MAX else 0,
        "counts_all": _counts_all(product),
        "new_url": f"{reverse('api-document-new')}?product={product.pk}",
        "refusal": refusal,
    }
    section = product_section(request, product, "product-metrics")
    status = 422 if refusal else 200
    return show(request, "console/counting/import.html", section, context, status=status)


def _documents(request: HttpRequest, product: Product) -> QuerySet[ApiDocument]:
    """Return the product's documents, then those that belong to no product."""
    found = seen_documents(request).filter(Q(product=product) | Q(product__isnull=True))
    found = found.order_by(F("product").asc(nulls_last=True), "name", "pk")
    return found.defer("body", "document")  # large, and one of them is read


def rows_of(
    product: Product, document: ApiDocument, ticked: frozenset[str] | None = None
) -> list[Row]:
    """Return what the document describes, beside what the product has; ``ticked``: None for all."""
    said: Mapping[str, Any] = msgspec.json.decode(document.document)
    metrics = {row.system_name: row for row in catalog.metrics_of(product.tenant, product)}
    rules = catalog.mapping_rules_of(product.tenant, product)
    counted = {f"{each.http_method} {each.pattern}": each.metric for each in rules}
    rows = []
    for operation in operations_of(said, counted):
        hindrance = _hindrance(operation, counted.get(operation.key))
        metric = metrics.get(operation.system_name)
        is_ticked = not hindrance and (ticked is None or operation.key in ticked)
        counts_on, is_there = metric.friendly_name if metric else "", operation.key in counted
        rows.append(Row(operation, is_there, counts_on, hindrance, is_ticked))
    return rows


def _hindrance(operation: Operation, counted: Metric | None) -> str:
    if counted is not None:
        return f"Counts {counted.system_name} already"
    try:
        pattern_of_a_rule(operation.pattern)
    except ValidationError as refusal:
        return f"No rule can match it: the pattern {refusal.messages[0]}"
    return ""


def _counts_all(product: Product) -> bool:
    """Say whether a rule counts hits for every call, which each method does, too."""
    rules = catalog.mapping_rules_of(product.tenant, product)
    return any(rule.pattern == "/" and rule.metric.is_hits for rule in rules)


def _made(request: HttpRequest, product: Product, operations: Sequence[Operation]) -> str:
    """Make what was ticked; return why not, or ""."""
    if not operations:
        return NONE_TICKED
    try:
        made = count_operations(product, operations, by=actor_of(request))
    except ValidationError as refusal:
        return f"Nothing was made: {'. '.join(refusal.messages)}."
    methods, rules = (_counted(made.methods, "method"), _counted(made.rules, "mapping rule"))
    tell(request, f"{methods} and {rules} are there", f"Plans can limit them now. {LATER}")
    return ""


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
