"""What is counted and limited: metrics, usage limits of plans, and levels worth an alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from tollway.authority.internal import fields
from tollway.authority.internal.answers import (
    Answer,
    RefusedError,
    created,
    deleted,
    found,
    missing,
    modified,
    saved,
)
from tollway.authority.internal.calls import Call, own_service, service_of
from tollway.core import alerts
from tollway.core.periods import Period
from tollway.core.usage import AMOUNT_MAX
from tollway.store.changing import Draft, without
from tollway.store.snapshot import Metric, Plan, Product, UsageLimit

NAME_TAKEN = "name: another metric of the service has it"


def get_metric(draft: Draft, call: Call) -> Answer:
    service_id, id_ = call.names
    metric = _metric(service_of(draft, service_id), id_)
    return found(metric=_metric_shown(service_id, metric))


def post_metric(draft: Draft, call: Call) -> Answer:
    metric, _ = _save_metric(draft, call)
    return created(metric=_metric_shown(call.names[0], metric))


def put_metric(draft: Draft, call: Call) -> Answer:
    metric, new = _save_metric(draft, call)
    return saved(new=new, metric=_metric_shown(call.names[0], metric))


def delete_metric(draft: Draft, call: Call) -> Answer:
    """Remove a metric with its limits. Methods below it stay, and are below nothing."""
    service_id, id_ = call.names
    product = own_service(draft, service_id)
    metric = _metric(product, id_)
    others = without(product.metrics, metric)
    draft.put_product(
        replace(
            product,
            metrics=tuple(replace(m, parent=None) if m.parent == id_ else m for m in others),
            plans={
                plan.id: replace(plan, limits=tuple(u for u in plan.limits if u.metric != id_))
                for plan in product.plans.values()
            },
        )
    )
    return deleted()


def get_limit(draft: Draft, call: Call) -> Answer:
    service_id, plan_id, metric_id, period = call.names
    product = service_of(draft, service_id)
    limit = _limit(product, plan_id, metric_id, _period(period))
    return found(usagelimit=_limit_shown(service_id, plan_id, limit))


def put_limit(draft: Draft, call: Call) -> Answer:
    service_id, plan_id, metric_id, named = call.names
    period = _period(named)
    given = fields.member(call.body, "usagelimit")
    limit = UsageLimit(metric_id, period, fields.number(given, period, AMOUNT_MAX))
    product = own_service(draft, service_id)
    _metric(product, metric_id)
    plan = product.plans.get(plan_id) or Plan(plan_id, "")
    others = tuple(u for u in plan.limits if (u.metric, u.period) != (metric_id, period))
    _put_plan(draft, product, replace(plan, limits=(*others, limit)))
    return modified(usagelimit=_limit_shown(service_id, plan_id, limit))


def delete_limit(draft: Draft, call: Call) -> Answer:
    service_id, plan_id, metric_id, period = call.names
    product = own_service(draft, service_id)
    limit = _limit(product, plan_id, metric_id, _period(period))
    plan = product.plans[plan_id]
    _put_plan(draft, product, replace(plan, limits=without(plan.limits, limit)))
    return deleted()


def get_alert_limits(draft: Draft, call: Call) -> Answer:
    product = service_of(draft, *call.names)
    shown = [_level_shown(product.id, level) for level in product.alert_levels]
    return found(alert_limits=shown)


def post_alert_limit(draft: Draft, call: Call) -> Answer:
    product = own_service(draft, *call.names)
    level = _level(fields.member(call.body, "alert_limit"))
    levels = tuple(sorted({*product.alert_levels, level}))
    draft.put_product(replace(product, alert_levels=levels))
    return created(alert_limit=_level_shown(product.id, level))


def delete_alert_limit(draft: Draft, call: Call) -> Answer:
    service_id, value = call.names
    product = own_service(draft, service_id)
    level = _level({"value": value})
    if level not in product.alert_levels:
        raise missing("alert limit")
    draft.put_product(replace(product, alert_levels=without(product.alert_levels, level)))
    return deleted()


def _save_metric(draft: Draft, call: Call) -> tuple[Metric, bool]:
    service_id, id_ = call.names
    fields.identifier({"id": id_}, "id")
    product = own_service(draft, service_id)
    given = fields.member(call.body, "metric")
    old = next((m for m in product.metrics if m.id == id_), None)
    parent = fields.text(given, "parent_id", (old.parent or "") if old else "") or None
    name = fields.needed({"name": old.name if old else None, **given}, "name")
    metric = Metric(id_, name.strip(), parent)
    others = tuple(m for m in product.metrics if m.id != id_)
    _check_metric(metric, others)
    draft.put_product(replace(product, metrics=(*others, metric)))
    return metric, old is None


def _check_metric(metric: Metric, others: tuple[Metric, ...]) -> None:
    if any(other.name == metric.name for other in others):
        raise RefusedError(400, NAME_TAKEN)
    parents = {other.id: other.parent for other in others}
    above = metric.parent
    if above is not None and above not in {*parents, metric.id}:
        raise RefusedError(400, "parent_id: the service has no such metric")
    while above is not None:
        if above == metric.id:
            raise RefusedError(400, "parent_id: a metric cannot be below itself")
        above = parents.get(above)


def _metric(product: Product, id_: str) -> Metric:
    metric = next((m for m in product.metrics if m.id == id_), None)
    if metric is None:
        raise missing("metric")
    return metric


def _limit(product: Product, plan_id: str, metric_id: str, period: Period) -> UsageLimit:
    plan = product.plans.get(plan_id)
    limits = plan.limits if plan else ()
    limit = next((u for u in limits if (u.metric, u.period) == (metric_id, period)), None)
    if limit is None:
        raise missing("usage limit")
    return limit


def _put_plan(draft: Draft, product: Product, plan: Plan) -> None:
    draft.put_product(replace(product, plans={**product.plans, plan.id: plan}))


def _period(name: str) -> Period:
    try:
        return Period(name)
    except ValueError as error:
        raise RefusedError(400, f"period: must be one of {', '.join(Period)}") from error


def _level(given: Mapping[str, Any]) -> int:
    level = fields.number(given, "value", AMOUNT_MAX)
    if level not in alerts.LEVELS:
        allowed = ", ".join(map(str, alerts.LEVELS))
        raise RefusedError(400, f"value: must be one of {allowed}")
    return level


def _metric_shown(service_id: str, metric: Metric) -> Mapping[str, Any]:
    return {
        "service_id": service_id,
        "id": metric.id,
        "name": metric.name,
        "parent_id": metric.parent,
    }


def _limit_shown(service_id: str, plan_id: str, limit: UsageLimit) -> Mapping[str, Any]:
    return {
        "service_id": service_id,
        "plan_id": plan_id,
        "metric_id": limit.metric,
        str(limit.period): limit.maximum,
    }


def _level_shown(service_id: str, level: int) -> Mapping[str, Any]:
    return {"service_id": service_id, "value": level}
