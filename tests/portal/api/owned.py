"""One of everything of a tenant, and the paths of rows filled with its ids.

A path's variable is named by what stands before it: `/services/{service_id}` is a product. A row
with a new kind of object needs one line in ``_IDS``, and every test that walks the rows has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from portal.apidocs.texts import text
from portal.people import BY, Provider
from tollway.portal.accounts.services import create_fields_definition, create_user
from tollway.portal.api.operation import Operation
from tollway.portal.apidocs.services import create_document
from tollway.portal.applications.services import add_key, add_referrer_filter
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_mapping_rule, create_method, deploy
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.models import AccountPlan, ApplicationPlan, Feature, ServicePlan
from tollway.portal.plans.services import (
    add_feature,
    create_feature,
    create_limit,
    create_pricing_rule,
)

AnyPlan = AccountPlan | ServicePlan | ApplicationPlan

KEY = "a-key-of-this-tenant"


class Owned:
    """One of everything of a tenant's. ``ids`` has those of whole lists, by entity."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.method = create_method(provider.product, by=BY, friendly_name="Search")
        self.backend_method = create_method(provider.backend, by=BY, friendly_name="Search")
        self.member = create_user(
            provider.tenant, by=BY, username="member", email="member@acme.example"
        )
        self.token = provider.admin.access_tokens.create(
            tenant=provider.tenant, name="t", permission="rw", scopes=["stats"],
            digest=f"{provider.tenant.pk}",
        )  # fmt: skip
        self.field = create_fields_definition(
            provider.tenant, by=BY, target="Account", name="size", label="Size"
        )
        self.document = create_document(
            provider.tenant, by=BY, name="Echo", body=text(), product=provider.product
        )
        self.plans: Mapping[str, AnyPlan] = {
            "account_plan": plans.account_plans_of(provider.tenant)[0],
            "service_plan": plans.service_plans_of(provider.tenant, provider.product)[0],
            "application_plan": provider.plan,
        }
        self.features = {kind: _make_feature(plan) for kind, plan in self.plans.items()}
        self.key = f"{KEY}-{provider.tenant.pk}"
        add_key(provider.application, by=BY, value=self.key)
        add_referrer_filter(provider.application, by=BY, value="*.acme.example")
        create_limit(provider.plan, provider.hits, by=BY, period="hour", value=3)
        create_pricing_rule(provider.plan, provider.hits, by=BY, max=9, cost_per_unit=1)
        create_mapping_rule(
            provider.backend, by=BY, metric=hits_of(provider.tenant, provider.backend),
            http_method="GET", pattern="/", delta=1,
        )  # fmt: skip
        deploy(provider.product, by=BY)

    @property
    def ids(self) -> Mapping[str, int]:
        own = self.provider
        return {
            "service": own.product.pk,
            "application_plan": own.plan.pk,
            "account": own.account.pk,
            "application": own.application.pk,
            "backend_api": own.backend.pk,
            "access_token": self.token.pk,
            "fields_definition": self.field.pk,
            "api_doc": self.document.pk,
        }

    def id(self, path: str, name: str) -> object:
        """Return this tenant's id for the variable ``name`` of a path template."""
        before = re.sub(r"\{\w+\}", "*", path.partition(f"{{{name}}}")[0]).rstrip("/")
        fitting = [place for place in _IDS if before.endswith(f"/{place}")]
        assert fitting, f"{path}: owned.py has no line for what stands at {{{name}}}"
        return _IDS[max(fitting, key=len)](self)

    def path(self, operation: Operation, **foreign: object) -> str:
        """Fill the path of a row with this tenant's ids, or with ``foreign`` ones."""
        own = {n: self.id(operation.path, n) for n in operation.variables if n not in foreign}
        return operation.path.format_map({**own, **foreign})


def _make_feature(plan: AnyPlan) -> Feature:
    """Make a feature for such plans, and put it into this one."""
    if isinstance(plan, AccountPlan):
        feature = create_feature(plan.tenant, by=BY, name="Of accounts")
    else:
        feature = create_feature(plan.product, by=BY, name=f"Of a {plan.kind}", scope=plan.kind)
    add_feature(plan, feature, by=BY)
    return feature


def owning(operation: Operation) -> list[str]:
    """The variables that name something of a tenant's, not an environment or version."""
    return [name for name in operation.variables if name not in {"environment", "version"}]


def _first(rows: Any) -> object:
    """The id of the oldest row of a manager."""
    return rows.order_by("pk").values_list("pk", flat=True)[0]


# By what stands before a variable; of several that fit, the longest.
_IDS: Mapping[str, Callable[[Owned], object]] = {
    "services": lambda own: own.provider.product.pk,
    "backend_usages": lambda own: _first(own.provider.product.backend_usages),
    "backend_apis": lambda own: own.provider.backend.pk,
    "metrics": lambda own: own.provider.hits.pk,
    "backend_apis/*/metrics": lambda own: _first(own.provider.backend.metrics),
    "methods": lambda own: own.method.pk,
    "backend_apis/*/metrics/*/methods": lambda own: own.backend_method.pk,
    "mapping_rules": lambda own: _first(own.provider.product.mapping_rules),
    "backend_apis/*/mapping_rules": lambda own: _first(own.provider.backend.mapping_rules),
    "application_plans": lambda own: own.provider.plan.pk,
    "account_plans": lambda own: _first(own.provider.tenant.accountplans),
    "service_plans": lambda own: _first(own.provider.product.service_plans),
    "features": lambda own: own.features["account_plan"].pk,
    "services/*/features": lambda own: own.features["application_plan"].pk,
    "service_plans/*/features": lambda own: own.features["service_plan"].pk,
    "application_plans/*/features": lambda own: own.features["application_plan"].pk,
    "service_subscriptions": lambda own: _first(own.provider.account.service_subscriptions),
    "service_contracts": lambda own: _first(own.provider.account.service_subscriptions),
    "referrer_filters": lambda own: _first(own.provider.application.referrer_filters),
    "pricing_rules": lambda own: _first(own.provider.plan.pricing_rules),
    "limits": lambda own: _first(own.provider.plan.limits),
    "accounts": lambda own: own.provider.account.pk,
    "accounts/*/users": lambda own: own.provider.developer.pk,
    "users": lambda own: own.member.pk,
    "fields_definitions": lambda own: own.field.pk,
    "active_docs": lambda own: own.document.pk,
    "admin/api/providers": lambda own: own.member.pk,
    "master/api/providers": lambda own: own.provider.tenant.pk,
    "applications": lambda own: own.provider.application.pk,
    "keys": lambda own: own.key,
    "access_tokens": lambda own: own.token.pk,
    "configs": lambda _own: "sandbox",
    "configs/*": lambda _own: 1,
    "proxy_configs": lambda _own: "sandbox",
}
