"""Mapping rules: the same rows below a product's proxy and below a backend."""

from __future__ import annotations

from typing import Any

import msgspec

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
from tollway.portal.api.operations.backends import backend_of
from tollway.portal.api.operations.metrics import Owner
from tollway.portal.api.operations.services import product_of
from tollway.portal.api.params import boolean, integer, text
from tollway.portal.api.resources.catalog import MAPPING_RULE
from tollway.portal.api.runs import chosen, find, remove
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Backend, MappingRule, Product


class _Of:
    """Finds, makes and changes the rules of one kind of owner."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def rules(self, call: Call) -> object:
        return selectors.mapping_rules_of(call.tenant, self.owner(call))

    def rule(self, call: Call) -> MappingRule:
        return find(selectors.mapping_rules_of(call.tenant, self.owner(call)), pk=call.id())

    def create(self, call: Call) -> MappingRule:
        owner = self.owner(call)
        return services.create_mapping_rule(owner, by=call.by, **_with_metric(call, owner))

    def update(self, call: Call) -> MappingRule:
        rule = self.rule(call)
        services.update_mapping_rule(rule, by=call.by, **_with_metric(call, self.owner(call)))
        return rule


def _with_metric(call: Call, owner: Product | Backend) -> dict[str, Any]:
    """Exchange metric_id for the metric, which must be one that the owner's rules may count."""
    given = {**call.given}
    if "metric_id" in given:
        given["metric"] = chosen(_metrics(call, owner), "metric_id", given.pop("metric_id"))
    return given


def _metrics(call: Call, owner: Product | Backend) -> Any:  # noqa: ANN401  (a query of metrics)
    if isinstance(owner, Product):
        return selectors.usable_metrics_of(call.tenant, owner)
    return selectors.metrics_of(call.tenant, owner)


def _rows(base: str, owner: Owner, *, paginated: bool) -> tuple[Operation, ...]:
    of = _Of(owner)
    rules, rule = f"{base}/mapping_rules", f"{base}/mapping_rules/{{id}}"
    optional = (integer("position"), boolean("last"))
    return (
        listing(rules, "Mapping rules", MAPPING_RULE, of.rules, paginated=paginated),
        creating(
            rules, "Create a mapping rule", MAPPING_RULE, of.create,
            params=(
                text("http_method", required=True), text("pattern", required=True),
                integer("delta", required=True), integer("metric_id", required=True), *optional,
            ),
            wrapper="mapping_rule",
        ),
        showing(rule, "One mapping rule", MAPPING_RULE, of.rule),
        updating(
            rule, "Change a mapping rule", MAPPING_RULE, of.update,
            params=(
                text("http_method"), text("pattern"), integer("delta"), integer("metric_id"),
                *optional,
            ),
            wrapper="mapping_rule",
        ),
        deleting(
            rule, "Remove a mapping rule", remove(of.rule, services.delete_mapping_rule)
        ),
    )  # fmt: skip


_PROXY = _rows("/admin/api/services/{service_id}/proxy", product_of, paginated=False)
_BACKEND = _rows("/admin/api/backend_apis/{backend_api_id}", backend_of, paginated=True)

# 3scale's command line changes a rule at an address that 3scale itself does not have.
_ALIAS = tuple(
    msgspec.structs.replace(row, path="/admin/api/services/{service_id}/mapping_rules/{id}")
    for row in _PROXY
    if row.method == "PUT"
)

OPERATIONS = in_section("plans", (*_PROXY, *_BACKEND, *_ALIAS))
