"""What a plan says of a metric as a whole: is it usable, is it shown, and how."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from tollway.portal.catalog.models import Metric
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, change, lock, refuse
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, PlanMetric, UsageLimit
from tollway.portal.plans.services.limits import (
    expect_usable,
    make_limit,
    remove_limits_of_zero,
)
from tollway.portal.plans.services.log import append


@transaction.atomic
def disable_metric(plan: ApplicationPlan, metric: Metric, *, by: Actor) -> None:
    """Forbid a metric: a limit of zero in the first period, from the longest, that has none."""
    lock(plan)
    expect_usable(plan, metric)
    limits = list(selectors.limits_of(plan.tenant, plan, metric))
    if any(limit.value == 0 for limit in limits):
        return
    period = free_period(limits)
    if period is None:
        raise refuse(BASE, "Every period has a limit already; set one of them to 0")
    make_limit(plan, metric, {"period": period, "value": 0})
    append(plan, "metric_disabled", by=by, after={"metric_id": metric.pk})


def free_period(limits: Iterable[UsageLimit]) -> str | None:
    """Return the first period, from the longest, in which a metric has none of its ``limits``."""
    taken = {limit.period for limit in limits}
    return next((each for each in UsageLimit.Period.values if each not in taken), None)


@transaction.atomic
def enable_metric(plan: ApplicationPlan, metric: Metric, *, by: Actor) -> None:
    """Remove the limits of zero that switch a metric off; the others stay."""
    lock(plan)
    if remove_limits_of_zero(plan, metric):
        append(plan, "metric_enabled", by=by, after={"metric_id": metric.pk})


@transaction.atomic
def update_plan_metric(
    plan: ApplicationPlan, metric: Metric, *, by: Actor, **changes: bool | None
) -> None:
    """Change ``visible`` (in the developer portal) or ``limits_only_text``.

    None says nothing: it is as in a custom plan's parent, or as for every other metric.
    """
    lock(plan)
    expect_usable(plan, metric)
    word, _ = PlanMetric.objects.get_or_create(
        plan=plan, metric=metric, defaults={"tenant": plan.tenant}
    )
    before, after = change(word, changes, ("visible", "limits_only_text"))
    if after:
        after |= {"metric_id": metric.pk}
        append(plan, "metric_updated", by=by, before=before, after=after)
