"""Features of products and of account plans, and which plans include them."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

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
from tollway.portal.api.operations.plans import (
    AnyPlan,
    account_plan_of,
    application_plan_of,
    service_plan_of,
)
from tollway.portal.api.operations.services import product_of
from tollway.portal.api.params import Param, boolean, integer, text
from tollway.portal.api.resources.plans import FEATURE
from tollway.portal.api.runs import change, find, remove
from tollway.portal.catalog.models import Product
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import AccountPlan, Feature
from tollway.portal.tenants.models import Tenant


class _Of:
    """Finds and makes the features of a product, or of the tenant's account plans."""

    def __init__(self, owner: Callable[[Call], Tenant | Product]) -> None:
        self.owner = owner

    def features(self, call: Call) -> QuerySet[Feature]:
        owner = self.owner(call)
        return selectors.features_of(call.tenant, owner if isinstance(owner, Product) else None)

    def feature(self, call: Call) -> Feature:
        return find(self.features(call), pk=call.id())

    def create(self, call: Call) -> Feature:
        given: dict[str, Any] = {**call.given}
        if "scope" in given:  # `ApplicationPlan` and `application_plan` are the same
            given["scope"] = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", given["scope"]).lower()
        return services.create_feature(self.owner(call), by=call.by, **given)


def _rows(path: str, of: _Of, whose: str, *scope: Param) -> tuple[Operation, ...]:
    one = f"{path}/{{id}}"
    about = (text("system_name"), text("description"), boolean("visible"))
    return (
        listing(path, f"Features of {whose}", FEATURE, of.features),
        creating(
            path,
            f"Create a feature of {whose}",
            FEATURE,
            of.create,
            params=(text("name", required=True), *about, *scope),
            wrapper="feature",
        ),
        showing(one, "One feature", FEATURE, of.feature),
        updating(
            one,
            "Change a feature",
            FEATURE,
            change(of.feature, services.update_feature),
            params=(text("name"), *about),
            wrapper="feature",
        ),
        deleting(
            one, "Remove a feature, from plans too", remove(of.feature, services.delete_feature)
        ),
    )


class _In:
    """Finds, adds and removes the features of a plan of one kind."""

    def __init__(self, plan: Callable[[Call], AnyPlan]) -> None:
        self.plan = plan

    def features(self, call: Call) -> QuerySet[Feature]:
        return selectors.plan_features_of(call.tenant, self.plan(call))

    def add(self, call: Call) -> Feature:
        plan = self.plan(call)
        product = None if isinstance(plan, AccountPlan) else plan.product
        known = selectors.features_of(call.tenant, product)
        feature = find(known, pk=call.given["feature_id"])
        services.add_feature(plan, feature, by=call.by)
        return feature

    def remove(self, call: Call) -> None:
        plan = self.plan(call)
        feature = find(selectors.plan_features_of(call.tenant, plan), pk=call.id())
        services.remove_feature(plan, feature, by=call.by)


def _plan_rows(path: str, plan: Callable[[Call], AnyPlan]) -> tuple[Operation, ...]:
    inside = _In(plan)
    return (
        listing(path, "Features that are in a plan", FEATURE, inside.features),
        creating(
            path,
            "Include a feature in a plan",
            FEATURE,
            inside.add,
            params=(integer("feature_id", required=True),),
        ),
        deleting(f"{path}/{{id}}", "Take a feature out of a plan", inside.remove),
    )


_tenant = attrgetter("tenant")
_ACCOUNT_PLANS = (
    *_rows("/admin/api/features", _Of(_tenant), "account plans"),
    *_plan_rows("/admin/api/account_plans/{account_plan_id}/features", account_plan_of),
)
_PRODUCT_PLANS = (
    *_rows(
        "/admin/api/services/{service_id}/features", _Of(product_of), "a product", text("scope")
    ),
    *_plan_rows("/admin/api/service_plans/{service_plan_id}/features", service_plan_of),
    *_plan_rows("/admin/api/application_plans/{application_plan_id}/features", application_plan_of),
)

OPERATIONS: tuple[Operation, ...] = (
    *in_section("partners", _ACCOUNT_PLANS),
    *in_section("plans", _PRODUCT_PLANS),
)
