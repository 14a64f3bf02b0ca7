"""Pricing rules: what each unit of a metric costs, by ranges that never overlap.

The prices of one metric are one table, so a custom plan takes over the whole table of a metric when
it changes a part of it: a table half its own would overlap when its parent's other half changes.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog.models import Metric
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, as_json, change, fill, lock, refuse
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, PlanMetric, PricingRule
from tollway.portal.plans.services.limits import expect_usable
from tollway.portal.plans.services.log import placed_in
from tollway.portal.plans.services.plans import copy_rows

_FIELDS = ("min", "max", "cost_per_unit")


@transaction.atomic
def create_pricing_rule(
    plan: ApplicationPlan,
    metric: Metric,
    *,
    by: Actor,
    **fields: Any,  # noqa: ANN401
) -> PricingRule:
    """Price units ``min`` (1 if absent) to ``max`` (None: infinity) at ``cost_per_unit`` each."""
    lock(plan)
    expect_usable(plan, metric)
    _own_table(plan, metric)
    rule = PricingRule(tenant=plan.tenant, plan=plan, metric=metric)
    fill(rule, fields, _FIELDS)
    _expect_room(rule)
    rule.save()
    after = {**placed_in(plan, rule), **_values(rule)}
    events.append(plan.tenant, "pricing_rule.created", rule.pk, by=by, after=after)
    return rule


@transaction.atomic
def update_pricing_rule(
    plan: ApplicationPlan,
    rule: PricingRule,
    *,
    by: Actor,
    **changes: Any,  # noqa: ANN401
) -> PricingRule:
    """Change a price in force in ``plan``; return it: another row if it was the parent's."""
    lock(plan)
    if all(getattr(rule, name) == value for name, value in changes.items()):
        return rule
    rule = _own_rule(plan, rule)
    before, after = change(rule, changes, _FIELDS)
    _expect_room(rule)
    if after:
        after |= placed_in(plan, rule)
        kind = "pricing_rule.updated"
        events.append(plan.tenant, kind, rule.pk, by=by, before=before, after=after)
    return rule


@transaction.atomic
def delete_pricing_rule(plan: ApplicationPlan, rule: PricingRule, *, by: Actor) -> None:
    """Remove a price in force in ``plan``; such units cost nothing then. A parent keeps its own."""
    lock(plan)
    pk, before = rule.pk, {**placed_in(plan, rule), **_values(rule)}
    rule = _own_rule(plan, rule)
    lock(rule)
    rule.delete()
    events.append(plan.tenant, "pricing_rule.deleted", pk, by=by, before=before)


def _own_rule(plan: ApplicationPlan, rule: PricingRule) -> PricingRule:
    """Return the rule, or for one of the parent's the plan's own copy."""
    if rule.plan_id == plan.pk:
        return rule
    _own_table(plan, rule.metric)
    return plan.pricing_rules.get(metric=rule.metric, min=rule.min)


def _own_table(plan: ApplicationPlan, metric: Metric) -> None:
    """Have a custom plan set the prices of a metric itself, at first the parent's."""
    if not plan.is_custom:
        return
    word, _ = PlanMetric.objects.get_or_create(
        plan=plan, metric=metric, defaults={"tenant": plan.tenant}
    )
    if not word.has_own_prices:
        copy_rows(plan, selectors.pricing_rules_of(plan.tenant, plan, metric), _FIELDS)
        word.has_own_prices = True
        word.save(update_fields=["has_own_prices", "updated_at"])


def _expect_room(rule: PricingRule) -> None:
    others = rule.plan.pricing_rules.filter(metric=rule.metric).exclude(pk=rule.pk)
    for other in others:
        if overlap(rule, other):
            raise refuse(BASE, f"The range overlaps the one from {other.min} to {_end(other)}")


def overlap(rule: PricingRule, other: PricingRule) -> bool:
    """Say whether some number of units has a price in both."""
    begins_in_time = other.max is None or rule.min <= other.max
    ends_in_time = rule.max is not None and rule.max < other.min
    return begins_in_time and not ends_in_time


def _end(rule: PricingRule) -> str:
    return "infinity" if rule.max is None else str(rule.max)


def _values(rule: PricingRule) -> dict[str, Any]:
    return as_json({name: getattr(rule, name) for name in _FIELDS}, _FIELDS)
