"""One of everything of a tenant, and the paths of rows filled with its ids.

A path's variable is named by what stands before it: `/services/{service_id}` is a product. A row
with a new kind of object needs one line in ``_IDS``, and every test that walks the rows has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from portal.people import BY, Provider
from tollway.portal.accounts.services import create_fields_definition, create_user
from tollway.portal.api.operation import Operation
from tollway.portal.applications.services import add_key, add_referrer_filter
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_mapping_rule, create_method, deploy
from tollway.portal.plans import selectors as plans
from tollway.portal.plans.services import (
    add_feature,
    create_feature,
    create_limit,
    create_pricing_rule,
)

KEY = "a-key-of-this-tenant"


class Owned:
    """One of everything of a tenant's. ``ids`` has those of whole lists, by entity."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        product = provider.product
        self.method = create_method(product, by=BY, friendly_name="Search")
        self.backend_method = create_method(provider.backend, by=BY, friendly_name="Search")
        self.limit = create_limit(provider.plan, provider.hits, by=BY, period="hour", value=3)
        self.token = provider.admin.access_tokens.create(
            tenant=provider.tenant, name="t", permission="rw", scopes=["stats"],
            digest=f"{provider.tenant.pk}",
        )  # fmt: skip
        self.backend_hits = hits_of(provider.tenant, provider.backend)
        create_mapping_rule(
            provider.backend, by=BY, metric=self.backend_hits, http_method="GET", pattern="/",
            delta=1,
        )  # fmt: skip
        self.member = create_user(
            provider.tenant, by=BY, username="member", email="member@acme.example"
        )
        self.field = create_fields_definition(
            provider.tenant, by=BY, target="Account", name="size", label="Size"
        )
        self.ids = {
            "service": product.pk,
            "application_plan": provider.plan.pk,
            "account": provider.account.pk,
            "application": provider.application.pk,
            "backend_api": provider.backend.pk,
            "access_token": self.token.pk,
            "fields_definition": self.field.pk,
        }
        self.account_plan = plans.account_plans_of(provider.tenant)[0]
        self.service_plan = plans.service_plans_of(provider.tenant, product)[0]
        self.price = create_pricing_rule(
            provider.plan, provider.hits, by=BY, max=9, cost_per_unit=1
        )
        self.features = {
            plan: create_feature(
                owner, by=BY, name=f"Of {plan}", **({"scope": plan} if owner is product else {})
            )
            for plan, owner in (
                ("account_plan", provider.tenant), ("service_plan", product),
                ("application_plan", product),
            )
        }  # fmt: skip
        add_feature(self.account_plan, self.features["account_plan"], by=BY)
        add_feature(self.service_plan, self.features["service_plan"], by=BY)
        add_feature(provider.plan, self.features["application_plan"], by=BY)
        self.filter = add_referrer_filter(provider.application, by=BY, value="*.acme.example")
        deploy(product, by=BY)
        self.key = f"{KEY}-{provider.tenant.pk}"
        add_key(provider.application, by=BY, value=self.key)

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
    "backend_apis/*/metrics": lambda own: own.backend_hits.pk,
    "methods": lambda own: own.method.pk,
    "backend_apis/*/metrics/*/methods": lambda own: own.backend_method.pk,
    "mapping_rules": lambda own: _first(own.provider.product.mapping_rules),
    "backend_apis/*/mapping_rules": lambda own: _first(own.provider.backend.mapping_rules),
    "application_plans": lambda own: own.provider.plan.pk,
    "account_plans": lambda own: own.account_plan.pk,
    "service_plans": lambda own: own.service_plan.pk,
    "features": lambda own: own.features["account_plan"].pk,
    "services/*/features": lambda own: own.features["application_plan"].pk,
    "service_plans/*/features": lambda own: own.features["service_plan"].pk,
    "application_plans/*/features": lambda own: own.features["application_plan"].pk,
    "service_subscriptions": lambda own: _first(own.provider.account.service_subscriptions),
    "referrer_filters": lambda own: own.filter.pk,
    "pricing_rules": lambda own: own.price.pk,
    "limits": lambda own: own.limit.pk,
    "accounts": lambda own: own.provider.account.pk,
    "accounts/*/users": lambda own: own.provider.developer.pk,
    "users": lambda own: own.member.pk,
    "fields_definitions": lambda own: own.field.pk,
    "admin/api/providers": lambda own: own.member.pk,
    "master/api/providers": lambda own: own.provider.tenant.pk,
    "applications": lambda own: own.provider.application.pk,
    "keys": lambda own: own.key,
    "access_tokens": lambda own: own.token.pk,
    "configs": lambda _own: "sandbox",
    "configs/*": lambda _own: 1,
    "proxy_configs": lambda _own: "sandbox",
}
