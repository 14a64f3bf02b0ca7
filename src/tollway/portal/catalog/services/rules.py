"""Mapping rules, of products and of backends alike, and their order."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Backend, MappingRule, Metric, Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BLANK, NOT_A_NUMBER, as_json, change, fill, lock, refuse

_FIELDS = ("http_method", "pattern", "delta", "last")


def new_rule(owner: Product | Backend) -> MappingRule:
    if isinstance(owner, Product):
        return MappingRule(tenant=owner.tenant, product=owner)
    return MappingRule(tenant=owner.tenant, backend=owner)


@transaction.atomic
def create_mapping_rule(
    owner: Product | Backend,
    *,
    by: Actor,
    metric: Metric | None,
    position: int | None = None,
    **fields: Any,  # noqa: ANN401
) -> MappingRule:
    """Add a rule at ``position`` (from 1), moving later ones on; at the end without one.

    ``fields``: http_method, pattern, delta, and optionally last. ``metric`` is one of the owner's,
    or of a backend that the product uses.
    """
    lock(owner)
    rule = new_rule(owner)
    rule.metric = _countable(owner, metric)
    fill(rule, fields, _FIELDS)
    rule.save()
    _place(rule, position)
    after = {**_described(rule), **_placed(rule)}
    events.append(rule.tenant, "mapping_rule.created", rule.pk, by=by, after=after)
    return rule


@transaction.atomic
def update_mapping_rule(rule: MappingRule, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change http_method, pattern, delta, last, metric, or position."""
    owner = _owner(rule)
    lock(owner)
    position = changes.pop("position", None)
    metric = changes.pop("metric", rule.metric)
    before, after = change(rule, changes, _FIELDS)
    before |= {"metric_id": rule.metric_id, "position": rule.position}
    if metric is None or metric.pk != rule.metric_id:
        rule.metric = _countable(owner, metric)
        rule.save(update_fields=["metric", "updated_at"])
    if position is not None:
        _place(rule, position)
    after |= {"metric_id": rule.metric_id, "position": rule.position}
    if before != after:
        after |= _placed(rule)
        events.append(
            rule.tenant, "mapping_rule.updated", rule.pk, by=by, before=before, after=after
        )


@transaction.atomic
def delete_mapping_rule(rule: MappingRule, *, by: Actor) -> None:
    lock(_owner(rule))
    lock(rule)
    tenant, pk, before = rule.tenant, rule.pk, {**_described(rule), **_placed(rule)}
    rule.delete()
    events.append(tenant, "mapping_rule.deleted", pk, by=by, before=before)


def _owner(rule: MappingRule) -> Product | Backend:
    owner = rule.product or rule.backend
    if owner is None:
        raise AssertionError("the database holds that a rule has an owner")
    return owner


def _countable(owner: Product | Backend, metric: Metric | None) -> Metric:
    if metric is None:
        raise refuse("metric_id", BLANK)
    if isinstance(owner, Product):
        allowed = selectors.usable_metrics_of(owner.tenant, owner)
    else:
        allowed = selectors.metrics_of(owner.tenant, owner)
    if not allowed.filter(pk=metric.pk).exists():
        raise refuse("metric_id", "must belong to the product or to a backend that it uses")
    return metric


def _place(rule: MappingRule, position: int | None) -> None:
    """Put the rule at ``position`` among its owner's, and number them all from 1."""
    if position is not None and not isinstance(position, int):
        raise refuse("position", NOT_A_NUMBER)
    rules = list(selectors.mapping_rules_of(rule.tenant, _owner(rule)).exclude(pk=rule.pk))
    index = len(rules) if position is None else min(max(position - 1, 0), len(rules))
    rules.insert(index, rule)
    moved = []
    for number, each in enumerate(rules, start=1):
        if each.position != number:
            each.position = number
            moved.append(each)
    MappingRule.objects.bulk_update(moved, ["position"])


def _described(rule: MappingRule) -> dict[str, Any]:
    values = {name: getattr(rule, name) for name in (*_FIELDS, "metric_id", "position")}
    return as_json(values, values)


def _placed(rule: MappingRule) -> dict[str, Any]:
    return {"product_id": rule.product_id, "backend_id": rule.backend_id}
