"""Features, and which plans include them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.catalog.models import Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import change, fill, lock, refuse, system_name
from tollway.portal.plans import selectors
from tollway.portal.plans.models import AccountPlan, ApplicationPlan, Feature
from tollway.portal.plans.services.log import AnyPlan, append
from tollway.portal.tenants.models import Tenant

_FIELDS = ("name", "system_name", "description", "visible")


@transaction.atomic
def create_feature(owner: Tenant | Product, *, by: Actor, **fields: Any) -> Feature:  # noqa: ANN401
    """Make a feature of a product, or of the tenant's account plans.

    ``fields``: name, and optionally system_name, description, visible; for a product's, scope,
    "application_plan" (if absent) or "service_plan".
    """
    lock(owner)
    if isinstance(owner, Product):
        feature = Feature(tenant=owner.tenant, product=owner)
        scope = fields.pop("scope", "") or Feature.Scope.APPLICATION_PLAN
    else:
        feature = Feature(tenant=owner)
        scope = Feature.Scope.ACCOUNT_PLAN
    if not fields.get("system_name"):
        others = selectors.features_of(feature.tenant, feature.product)
        fields["system_name"] = system_name(str(fields.get("name") or ""), others, "feature")
    fill(feature, {**fields, "scope": scope}, (*_FIELDS, "scope"))
    feature.save()
    _append(feature, "created", by=by, after=_described(feature))
    return feature


@transaction.atomic
def update_feature(feature: Feature, *, by: Actor, **changes: Any) -> None:  # noqa: ANN401
    """Change name, system_name, description or visible; the scope is fixed."""
    before, after = change(feature, changes, _FIELDS)
    if after:
        _append(feature, "updated", by=by, before=before, after=after)


@transaction.atomic
def delete_feature(feature: Feature, *, by: Actor) -> None:
    """Remove a feature, from all plans as well."""
    lock(feature)
    tenant, pk, before = feature.tenant, feature.pk, _described(feature)
    feature.delete()
    events.append(tenant, "feature.deleted", pk, by=by, before=before)


@transaction.atomic
def add_feature(plan: AnyPlan, feature: Feature, *, by: Actor) -> None:
    """Include a feature in a plan of its scope."""
    lock(plan)
    product_id = None if isinstance(plan, AccountPlan) else plan.product_id
    if (feature.scope, feature.product_id, feature.tenant_id) != (
        plan.kind, product_id, plan.tenant_id,
    ):  # fmt: skip
        raise refuse("feature_id", "is not a feature of such plans")
    if selectors.plan_features_of(plan.tenant, plan).filter(pk=feature.pk).exists():
        return
    if not plan.featurings.filter(feature=feature).delete()[0]:  # else it was removed of a parent's
        plan.featurings.create(tenant=plan.tenant, feature=feature)
    append(plan, "feature_added", by=by, after={"feature_id": feature.pk})


@transaction.atomic
def remove_feature(plan: AnyPlan, feature: Feature, *, by: Actor) -> None:
    """Take a feature out of a plan. A custom plan's parent keeps it."""
    lock(plan)
    if not selectors.plan_features_of(plan.tenant, plan).filter(pk=feature.pk).exists():
        return
    if not plan.featurings.filter(feature=feature).delete()[0]:
        _hide_of_parent(plan, feature)
    append(plan, "feature_removed", by=by, after={"feature_id": feature.pk})


def _hide_of_parent(plan: AnyPlan, feature: Feature) -> None:
    if isinstance(plan, ApplicationPlan):
        plan.featurings.create(tenant=plan.tenant, feature=feature, removed=True)


def _append(feature: Feature, what: str, *, by: Actor, **details: dict[str, Any]) -> None:
    details["after"] = {**details["after"], "product_id": feature.product_id}
    events.append(feature.tenant, f"feature.{what}", feature.pk, by=by, **details)


def _described(feature: Feature) -> dict[str, Any]:
    names = ("name", "system_name", "scope", "product_id")
    return {name: getattr(feature, name) for name in names}
