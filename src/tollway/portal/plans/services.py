"""Changing application plans and their limits. One function per thing one can ask for."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog import selectors as catalog
from tollway.portal.catalog.models import Metric, Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import (
    BASE,
    NAME_LENGTH_MAX,
    as_json,
    change,
    fill,
    lock,
    refuse,
    system_name,
    unused,
)
from tollway.portal.plans import selectors
from tollway.portal.plans.models import ApplicationPlan, UsageLimit

PLAN_FIELDS = (
    "name", "approval_required", "setup_fee", "cost_per_month", "trial_period_days",
    "cancellation_period",
)  # fmt: skip
_LIMIT_FIELDS = ("period", "value")
_COPY = " (copy)"


@transaction.atomic
def create_application_plan(
    product: Product,
    *,
    by: Actor,
    published: bool = False,
    **fields: Any,  # noqa: ANN401
) -> ApplicationPlan:
    """Make a plan, hidden unless ``published``.

    ``fields``: name, and optionally system_name (fixed from then on) and any of ``PLAN_FIELDS``.
    """
    lock(product)
    others = selectors.application_plans_of(product.tenant, product)
    if not fields.get("system_name"):
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "plan")
    plan = _save(product, fields, published=published)
    _append(plan, "created", by=by, after=_described(plan))
    return plan


def _save(product: Product, fields: dict[str, Any], *, published: bool) -> ApplicationPlan:
    plan = ApplicationPlan(tenant=product.tenant, product=product)
    if published:
        plan.state = ApplicationPlan.State.PUBLISHED
    plan.position = product.application_plans.count() + 1
    fill(plan, fields, (*PLAN_FIELDS, "system_name"))
    plan.save()
    return plan


@transaction.atomic
def update_application_plan(plan: ApplicationPlan, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change any of ``PLAN_FIELDS``, and, with ``published``, whether developers may choose it."""
    published = changes.pop("published", None)
    if published is not None:
        states = ApplicationPlan.State
        changes["state"] = states.PUBLISHED if published else states.HIDDEN
    before, after = change(plan, changes, (*PLAN_FIELDS, "state"))
    if after:
        _append(plan, "updated", by=by, before=before, after=after)


@transaction.atomic
def copy_application_plan(plan: ApplicationPlan, *, by: Actor) -> ApplicationPlan:
    """Make a hidden plan "NAME (copy)" with the same conditions and limits."""
    lock(plan.product)
    others = selectors.application_plans_of(plan.tenant, plan.product)
    room = NAME_LENGTH_MAX - len(_COPY) - len(" 1000")
    name = unused(f"{plan.name[:room]}{_COPY}", " ", set(others.values_list("name", flat=True)))
    fields = {field: getattr(plan, field) for field in PLAN_FIELDS}
    fields |= {"name": name, "system_name": system_name(name, others, "plan")}
    copy = _save(plan.product, fields, published=False)
    UsageLimit.objects.bulk_create(
        UsageLimit(
            tenant=copy.tenant, plan=copy, metric_id=x.metric_id, period=x.period, value=x.value
        )
        for x in selectors.limits_of(plan.tenant, plan)
    )
    _append(copy, "created", by=by, after={**_described(copy), "copy_of": plan.pk})
    return copy


@transaction.atomic
def set_default_plan(product: Product, plan: ApplicationPlan | None, *, by: Actor) -> None:
    """Make ``plan`` the one that sign-ups and automatic applications get; None for none."""
    if plan is not None and plan.product_id != product.pk:
        raise refuse("plan_id", "must belong to the product")
    lock(product)
    old = selectors.default_plan_of(product.tenant, product)
    if (old and old.pk) == (plan and plan.pk):
        return
    product.application_plans.filter(is_default=True).update(is_default=False)
    if plan is not None:
        plan.is_default = True
        plan.save(update_fields=["is_default", "updated_at"])
    events.append(
        product.tenant,
        "product.default_plan_changed",
        product.pk,
        by=by,
        before={"default_application_plan_id": old.pk if old else None},
        after={"default_application_plan_id": plan.pk if plan else None},
    )


@transaction.atomic
def delete_application_plan(plan: ApplicationPlan, *, by: Actor) -> None:
    """Remove a plan and its limits. Refused while an application is on it."""
    lock(plan)
    if plan.applications.exists():  # related name of the app above; the key is RESTRICT there
        raise refuse(BASE, "It has applications")
    tenant, pk, before = plan.tenant, plan.pk, _described(plan)
    plan.delete()
    events.append(tenant, "application_plan.deleted", pk, by=by, before=before)


@transaction.atomic
def create_limit(
    plan: ApplicationPlan,
    metric: Metric,
    *,
    by: Actor,
    **fields: Any,  # noqa: ANN401
) -> UsageLimit:
    """Limit a metric of the product, or of a backend that it uses. ``fields``: period, value."""
    usable = catalog.usable_metrics_of(plan.tenant, plan.product)
    if not usable.filter(pk=metric.pk).exists():
        raise refuse("metric_id", "must belong to the product or to a backend that it uses")
    limit = UsageLimit(tenant=plan.tenant, plan=plan, metric=metric)
    fill(limit, fields, _LIMIT_FIELDS)
    limit.save()
    after = {**_limited(limit), **as_json(_values(limit), _LIMIT_FIELDS)}
    events.append(limit.tenant, "limit.created", limit.pk, by=by, after=after)
    return limit


@transaction.atomic
def update_limit(limit: UsageLimit, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change period or value; in force at once, counting what was used before."""
    before, after = change(limit, changes, _LIMIT_FIELDS)
    if after:
        after |= _limited(limit)
        events.append(limit.tenant, "limit.updated", limit.pk, by=by, before=before, after=after)


@transaction.atomic
def delete_limit(limit: UsageLimit, *, by: Actor) -> None:
    lock(limit)
    tenant, pk = limit.tenant, limit.pk
    before = {**_limited(limit), **as_json(_values(limit), _LIMIT_FIELDS)}
    limit.delete()
    events.append(tenant, "limit.deleted", pk, by=by, before=before)


def _append(plan: ApplicationPlan, what: str, *, by: Actor, **details: dict[str, Any]) -> None:
    details["after"] = {**details["after"], "product_id": plan.product_id}
    events.append(plan.tenant, f"application_plan.{what}", plan.pk, by=by, **details)


def _described(plan: ApplicationPlan) -> dict[str, Any]:
    return {
        "product_id": plan.product_id,
        "name": plan.name,
        "system_name": plan.system_name,
        "state": plan.state,
    }


def _limited(limit: UsageLimit) -> dict[str, Any]:
    product_id = limit.plan.product_id
    return {"product_id": product_id, "plan_id": limit.plan_id, "metric_id": limit.metric_id}


def _values(limit: UsageLimit) -> dict[str, Any]:
    return {"period": limit.period, "value": limit.value}
