"""Metrics and methods: the same rows twice, below a product and below a backend."""

from __future__ import annotations

from collections.abc import Callable

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
from tollway.portal.api.operations.services import product_of
from tollway.portal.api.params import text
from tollway.portal.api.resources.catalog import METHOD, METRIC
from tollway.portal.api.runs import change, find, remove
from tollway.portal.catalog import selectors, services
from tollway.portal.catalog.models import Backend, Metric, Product

Owner = Callable[[Call], Product | Backend]


class _Of:
    """Finds and makes the metrics of one kind of owner."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def metrics(self, call: Call) -> object:
        return selectors.metrics_of(call.tenant, self.owner(call))

    def metric(self, call: Call) -> Metric:
        return find(selectors.metrics_of(call.tenant, self.owner(call)), pk=call.id())

    def create_metric(self, call: Call) -> Metric:
        given = {**call.given}
        if name := given.pop("name", ""):  # what 3scale called the system_name before
            given.setdefault("system_name", name)
        return services.create_metric(self.owner(call), by=call.by, **given)

    def parent(self, call: Call) -> Metric:
        metrics = selectors.metrics_of(call.tenant, self.owner(call))
        return find(metrics, pk=call.id("metric_id"), parent=None)

    def methods(self, call: Call) -> object:
        methods = selectors.methods_of(call.tenant, self.owner(call))
        return methods.filter(parent=self.parent(call))

    def method(self, call: Call) -> Metric:
        methods = selectors.methods_of(call.tenant, self.owner(call))
        return find(methods, pk=call.id(), parent=self.parent(call))

    def create_method(self, call: Call) -> Metric:
        return services.create_method(
            self.owner(call), by=call.by, parent=self.parent(call), **call.given
        )


def _rows(base: str, owner: Owner, whose: str, *, paginated: bool) -> tuple[Operation, ...]:
    of = _Of(owner)
    metrics, metric = f"{base}/metrics", f"{base}/metrics/{{id}}"
    methods, method = f"{metrics}/{{metric_id}}/methods", f"{metrics}/{{metric_id}}/methods/{{id}}"
    name, unit = text("friendly_name", required=True), text("unit", required=True)
    older = (text("name"),) if whose == "product" else ()
    return (
        listing(
            metrics, f"Metrics of a {whose}, its methods among them", METRIC, of.metrics,
            paginated=paginated,
        ),
        creating(
            metrics, "Create a metric", METRIC, of.create_metric,
            params=(name, text("system_name"), *older, unit, text("description")), wrapper="metric",
        ),
        showing(metric, "One metric", METRIC, of.metric),
        updating(
            metric, "Change a metric; its system_name is fixed", METRIC,
            change(of.metric, services.update_metric),
            params=(text("friendly_name"), text("unit"), text("description")), wrapper="metric",
        ),
        deleting(
            metric, "Remove a metric with its limits and mapping rules",
            remove(of.metric, services.delete_metric),
        ),
        listing(
            methods, "Methods below a metric, which is hits", METHOD, of.methods,
            paginated=paginated,
        ),
        creating(
            methods, "Create a method", METHOD, of.create_method,
            params=(name, text("system_name"), text("description")), wrapper="metric",
        ),
        showing(method, "One method", METHOD, of.method),
        updating(
            method, "Change a method; its system_name is fixed", METHOD,
            change(of.method, services.update_metric),
            params=(text("friendly_name"), text("description")), wrapper="metric",
        ),
        deleting(
            method, "Remove a method with its limits and mapping rules",
            remove(of.method, services.delete_metric),
        ),
    )  # fmt: skip


_ROWS: tuple[Operation, ...] = (
    *_rows("/admin/api/services/{service_id}", product_of, "product", paginated=False),
    *_rows("/admin/api/backend_apis/{backend_api_id}", backend_of, "backend", paginated=True),
)

OPERATIONS = in_section("plans", _ROWS)
