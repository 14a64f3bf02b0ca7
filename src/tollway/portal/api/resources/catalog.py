"""Shapes of products (the API says services), backends, metrics, methods and mapping rules."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway.portal.api.resource import TIMES, Embedded, Resource
from tollway.portal.catalog.models import MappingRule, Metric, Product
from tollway.portal.catalog.models.products import ALERT_CHANNELS


def _owner_path(row: Metric | MappingRule) -> str:
    if row.product_id is not None:
        return f"/admin/api/services/{row.product_id}"
    return f"/admin/api/backend_apis/{row.backend_id}"


def _metric_path(metric: Metric) -> str:
    if metric.parent_id is None:
        return f"{_owner_path(metric)}/metrics/{metric.pk}"
    return f"{_owner_path(metric)}/metrics/{metric.parent_id}/methods/{metric.pk}"


def _of_product(metric: Metric) -> bool:
    return metric.product_id is not None


def _unit(metric: Metric) -> str:
    """Methods count what their metric counts."""
    return metric.parent.unit if metric.parent is not None else metric.unit


_METRIC_VALUES = {
    "name": lambda metric: metric.wire_name,
    "system_name": lambda metric: metric.wire_name,
    "unit": _unit,
    "service_id": lambda metric: metric.product_id,
    "backend_api_id": lambda metric: metric.backend_id,
    "metric_id": lambda metric: metric.parent_id,
}
_METRIC_WHEN = {
    "name": _of_product,
    "parent_id": lambda metric: metric.parent_id is not None,
    "service_id": _of_product,
    "backend_api_id": lambda metric: metric.backend_id is not None,
}


def _with_parent(query: QuerySet[Metric]) -> QuerySet[Metric]:
    return query.select_related("parent")


METRIC = Resource(
    "metric",
    "metrics",
    json=(
        "id", "name", "system_name", "friendly_name", "description", "unit", "parent_id", *TIMES,
    ),
    xml=(
        "id", "name", "system_name", "friendly_name", "service_id", "backend_api_id",
        "description", "unit",
    ),
    values=_METRIC_VALUES,
    when=_METRIC_WHEN,
    links={"self": _metric_path},
    load=_with_parent,
)  # fmt: skip

METHOD = Resource(
    "method",
    "methods",
    json=("id", "name", "system_name", "friendly_name", "description", "parent_id", *TIMES),
    xml=(
        "id", "name", "system_name", "friendly_name", "service_id", "backend_api_id",
        "description", "metric_id",
    ),
    values=_METRIC_VALUES,
    when={name: has for name, has in _METRIC_WHEN.items() if name != "name"},
    links={"self": _metric_path, "parent": lambda m: f"{_owner_path(m)}/metrics/{m.parent_id}"},
)  # fmt: skip

_SWITCHES = (
    "intentions_required",
    "buyers_manage_apps",
    "buyers_manage_keys",
    "referrer_filters_required",
    "custom_keys_enabled",
    "buyer_key_regenerate_enabled",
    "mandatory_app_key",
    "buyer_can_select_plan",
    "buyer_plan_change_permission",
)


def _product_path(product: Product) -> str:
    return f"/admin/api/services/{product.pk}"


def _levels(product: Product) -> dict[str, list[int]]:
    """Say of every channel at which levels it tells."""
    return {name: product.notification_settings.get(name, []) for name in ALERT_CHANNELS}


SERVICE = Resource(
    "service",
    "services",
    json=(
        "id", "name", "state", "system_name", "backend_version", "deployment_option",
        "support_email", "description", *_SWITCHES, "notification_settings", "annotations", *TIMES,
    ),
    xml=(
        "id", "account_id", "name", "state", "system_name", "backend_version", "description",
        *_SWITCHES, "annotations", "notification_settings", "deployment_option", "support_email",
        "metrics",
    ),
    values={
        "account_id": lambda product: product.tenant_id,
        "support_email": lambda product: product.contact_email,
        "notification_settings": _levels,
        "metrics": lambda product: Embedded(METRIC, product.metrics.all()),
    },
    links={
        "metrics": lambda product: f"{_product_path(product)}/metrics",
        "self": _product_path,
        "service_plans": lambda product: f"{_product_path(product)}/service_plans",
        "application_plans": lambda product: f"{_product_path(product)}/application_plans",
        "features": lambda product: f"{_product_path(product)}/features",
    },
    load=lambda query: query.select_related("tenant"),
    load_xml=lambda query: query.prefetch_related("metrics__parent"),
)  # fmt: skip


def _rule_path(rule: MappingRule) -> str:
    rules = "proxy/mapping_rules" if rule.product_id is not None else "mapping_rules"
    return f"{_owner_path(rule)}/{rules}/{rule.pk}"


_RULE = ("id", "metric_id", "pattern", "http_method", "delta", "position", "last", *TIMES)

MAPPING_RULE = Resource(
    "mapping_rule",
    "mapping_rules",
    json=_RULE,
    xml=_RULE,
    links={"self": _rule_path},
    relative_links=True,
)

BACKEND = Resource(
    "backend_api",
    "backend_apis",
    json=(
        "id", "name", "system_name", "description", "private_endpoint", "annotations",
        "account_id", *TIMES,
    ),
    values={"account_id": lambda backend: backend.tenant_id},
    links={
        "self": lambda backend: f"/admin/api/backend_apis/{backend.pk}",
        "metrics": lambda backend: f"/admin/api/backend_apis/{backend.pk}/metrics",
        "mapping_rules": lambda backend: f"/admin/api/backend_apis/{backend.pk}/mapping_rules",
    },
)  # fmt: skip

BACKEND_USAGE = Resource(
    "backend_usage",
    "",
    json=("id", "path", "service_id", "backend_id"),
    values={"service_id": lambda usage: usage.product_id},
    links={
        "service": lambda usage: f"/admin/api/services/{usage.product_id}",
        "backend_api": lambda usage: f"/admin/api/backend_apis/{usage.backend_id}",
        "self": lambda usage: f"/admin/api/services/{usage.product_id}/backend_usages/{usage.pk}",
    },
)
