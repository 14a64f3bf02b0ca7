"""Metrics and methods, of products and of backends alike."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import HITS, Backend, Metric, Product, ProxyConfig
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, change, fill, lock, refuse, system_name

_METRIC_FIELDS = ("friendly_name", "unit", "description")
_METHOD_FIELDS = ("friendly_name", "description")


def make_hits(owner: Product | Backend) -> Metric:
    """Save the metric that every product and backend has, without an event."""
    hits = new_metric(owner)
    hits.system_name, hits.friendly_name, hits.unit = HITS, "Hits", "hit"
    hits.save()
    return hits


def new_metric(owner: Product | Backend) -> Metric:
    if isinstance(owner, Product):
        return Metric(tenant=owner.tenant, product=owner)
    return Metric(tenant=owner.tenant, backend=owner)


@transaction.atomic
def create_metric(owner: Product | Backend, *, by: Actor, **fields: Any) -> Metric:  # noqa: ANN401
    """Add a metric. ``fields``: friendly_name, unit, and optionally system_name, description."""
    return _create(new_metric(owner), owner, _METRIC_FIELDS, by=by, fields=fields)


@transaction.atomic
def create_method(
    owner: Product | Backend,
    *,
    by: Actor,
    parent: Metric | None = None,
    **fields: Any,  # noqa: ANN401
) -> Metric:
    """Add a method below ``parent``, which can only be the owner's `hits`, and is if absent.

    ``fields``: friendly_name, and optionally system_name and description.
    """
    hits = selectors.hits_of(owner.tenant, owner)
    if parent is not None and parent.pk != hits.pk:
        raise refuse("parent_id", "must be the metric hits")
    method = new_metric(owner)
    method.parent = hits
    return _create(method, owner, _METHOD_FIELDS, by=by, fields=fields)


def _create(
    metric: Metric,
    owner: Product | Backend,
    writable: tuple[str, ...],
    *,
    by: Actor,
    fields: dict[str, Any],
) -> Metric:
    others = selectors.metrics_of(owner.tenant, owner)
    if not fields.get("system_name"):
        name = str(fields.get("friendly_name") or "")
        fields["system_name"] = system_name(name, others, "metric")
    fill(metric, fields, (*writable, "system_name"))
    metric.save()
    events.append(
        metric.tenant, "metric.created", metric.pk, by=by, after=_placed(metric, full=True)
    )
    return metric


@transaction.atomic
def update_metric(metric: Metric, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change friendly_name, description, or the unit of a metric that is not a method."""
    writable = _METRIC_FIELDS if metric.parent_id is None else _METHOD_FIELDS
    before, after = change(metric, changes, writable)
    if after:
        after |= _placed(metric)
        events.append(metric.tenant, "metric.updated", metric.pk, by=by, before=before, after=after)


@transaction.atomic
def delete_metric(metric: Metric, *, by: Actor) -> None:
    """Remove a metric or method, with its limits and mapping rules.

    Refused for `hits`, and while the configuration in force in production counts it: a gateway
    would go on reporting a metric that is gone.
    """
    lock(metric)
    if metric.is_hits:
        raise refuse(BASE, "The metric hits cannot be deleted")
    if _in_force(metric):
        raise refuse(BASE, "A configuration in production uses this metric")
    tenant, pk, before = metric.tenant, metric.pk, _placed(metric, full=True)
    metric.delete()
    events.append(tenant, "metric.deleted", pk, by=by, before=before)


def _in_force(metric: Metric) -> bool:
    users = Product.objects.filter(tenant=metric.tenant)
    if metric.backend_id is None:
        users = users.filter(metrics=metric)
    else:
        users = users.filter(backend_usages__backend__metrics=metric)
    configs = selectors.configs_in_force(metric.tenant, ProxyConfig.Environment.PRODUCTION)
    return any(
        documents.uses_metric(documents.decode(config.content), metric.pk)
        for config in configs.filter(product__in=users)
    )


def _placed(metric: Metric, *, full: bool = False) -> dict[str, Any]:
    """Whose the metric is, for readers; with ``full``, its names too."""
    owner = {"product_id": metric.product_id, "backend_id": metric.backend_id}
    if not full:
        return owner
    return {**owner, "system_name": metric.system_name, "friendly_name": metric.friendly_name}
