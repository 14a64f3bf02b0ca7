"""Usage limits, of standard plans and of custom ones, which keep only what differs."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import TAKEN, change, fill, lock, refuse
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, UsageLimit
from tollway.portal.plans.services.log import placed_in

_FIELDS = ("period", "value")


@transaction.atomic
def create_limit(
    plan: ApplicationPlan,
    metric: Metric,
    *,
    by: Actor,
    **fields: Any,  # noqa: ANN401
) -> UsageLimit:
    """Limit a metric of the product, or of a backend that it uses. ``fields``: period, value."""
    lock(plan)
    limit = make_limit(plan, metric, fields)
    after = {**placed_in(plan, limit), **_values(limit)}
    events.append(plan.tenant, "limit.created", limit.pk, by=by, after=after)
    return limit


def make_limit(plan: ApplicationPlan, metric: Metric, fields: dict[str, Any]) -> UsageLimit:
    """Save a limit where there is none, without an event."""
    expect_usable(plan, metric)
    in_force = selectors.limits_of(plan.tenant, plan, metric)
    if in_force.filter(period=fields.get("period")).exists():
        raise refuse("period", TAKEN)
    return _save(plan, metric, fields)


def expect_usable(plan: ApplicationPlan, metric: Metric) -> None:
    usable = catalog.usable_metrics_of(plan.tenant, plan.product)
    if not usable.filter(pk=metric.pk).exists():
        raise refuse("metric_id", "must belong to the product or to a backend that it uses")


def _save(plan: ApplicationPlan, metric: Metric, values: dict[str, Any]) -> UsageLimit:
    """Save a limit of the plan's own, over one that it has of this metric and period."""
    own = plan.limits.filter(metric=metric, period=values.get("period")).first()
    limit = own or UsageLimit(tenant=plan.tenant, plan=plan, metric=metric)
    limit.removed = False
    fill(limit, values, _FIELDS)
    limit.save()
    return limit


@transaction.atomic
def update_limit(
    plan: ApplicationPlan,
    limit: UsageLimit,
    *,
    by: Actor,
    **changes: Any,  # noqa: ANN401
) -> UsageLimit:
    """Change period or value of a limit in force in ``plan``; return what is in force now.

    It is so at once, counting what was used before. In a custom plan the answer is another row if
    the limit was the parent's, or if its period changes.
    """
    lock(plan)
    if plan.is_custom:
        before, after, limit = _override(plan, limit, changes)
    else:
        before, after = change(limit, changes, _FIELDS)
    if after:
        after = {**after, **placed_in(plan, limit)}
        events.append(plan.tenant, "limit.updated", limit.pk, by=by, before=before, after=after)
    return limit


def _override(
    plan: ApplicationPlan, limit: UsageLimit, changes: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], UsageLimit]:
    old = _values(limit)
    wanted = {**old, **changes}
    if wanted == old:  # it goes on following the parent
        return {}, {}, limit
    if wanted["period"] == old["period"]:
        new = _save(plan, limit.metric, wanted)
    else:
        _take_away(plan, limit)
        new = make_limit(plan, limit.metric, wanted)
    return old, _values(new), new


@transaction.atomic
def delete_limit(plan: ApplicationPlan, limit: UsageLimit, *, by: Actor) -> None:
    """Remove a limit in force in ``plan``. A custom plan's parent keeps its own."""
    lock(plan)
    pk, before = limit.pk, {**placed_in(plan, limit), **_values(limit)}
    _take_away(plan, limit)
    events.append(plan.tenant, "limit.deleted", pk, by=by, before=before)


def _take_away(plan: ApplicationPlan, limit: UsageLimit) -> None:
    place: dict[str, Any] = {"metric_id": limit.metric_id, "period": limit.period}
    if not UsageLimit.objects.filter(plan=plan.parent_id, **place).exists():
        lock(limit)
        limit.delete()
        return
    UsageLimit.objects.update_or_create(
        plan=plan,
        **place,
        defaults={"tenant": plan.tenant, "value": limit.value, "removed": True},
    )


def remove_limits_of_zero(plan: ApplicationPlan, metric: Metric) -> bool:
    """Remove what switches a metric off, without an event; say whether there was anything."""
    limits = list(selectors.limits_of(plan.tenant, plan, metric).filter(value=0))
    for limit in limits:
        _take_away(plan, limit)
    return bool(limits)


def _values(limit: UsageLimit) -> dict[str, Any]:
    return {"period": limit.period, "value": limit.value}
