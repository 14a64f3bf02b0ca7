"""3scale's Python client makes, reads, changes and removes one of everything; refusals are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from threescale_api import ThreeScaleClient
from threescale_api.errors import ApiClientError

from acceptance.shop import (  # noqa: F401  (fixtures)
    PASSWORD,
    Shop,
    client_fixture,
    operator_fixture,
    resolving_fixture,
    shop_fixture,
    unique,
)
from portal.apidocs.texts import openapi, text

pytestmark = pytest.mark.acceptance

Params = Mapping[str, Any]

# What is made, under which collection, and what is changed then.
RESOURCES: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop], Params], Params]] = {
    "products": (
        lambda shop: shop.client.services,
        lambda _: {"name": "New", "system_name": unique(), "backend_version": "2"},
        {"name": "Other", "description": "words"},
    ),
    "metrics": (
        lambda shop: shop.service.metrics,
        lambda _: {"friendly_name": "New", "system_name": unique(), "unit": "call"},
        {"friendly_name": "Other", "unit": "flop"},
    ),
    "methods": (
        lambda shop: shop.hits.methods,
        lambda _: {"friendly_name": "New", "system_name": unique()},
        {"friendly_name": "Other"},
    ),
    "mapping rules": (
        lambda shop: shop.service.mapping_rules,
        lambda shop: {
            "http_method": "GET", "pattern": "/new", "delta": 1, "metric_id": shop.hits["id"],
            "last": "false",
        },
        {"pattern": "/other", "delta": 2},
    ),
    "backends": (
        lambda shop: shop.client.backends,
        lambda _: {
            "name": "New", "system_name": unique(), "private_endpoint": "https://b.example:443",
        },
        {"name": "Other", "private_endpoint": "https://c.example:443"},
    ),
    "backend metrics": (
        lambda shop: shop.backend.metrics,
        lambda _: {"friendly_name": "New", "system_name": unique(), "unit": "call"},
        {"friendly_name": "Other"},
    ),
    "backend methods": (
        lambda shop: shop.backend_hits.methods,
        lambda _: {"friendly_name": "New", "system_name": unique()},
        {"friendly_name": "Other"},
    ),
    "backend mapping rules": (
        lambda shop: shop.backend.mapping_rules,
        lambda shop: {
            "http_method": "GET", "pattern": "/new", "delta": 1,
            "metric_id": shop.backend_hits["id"],
        },
        {"pattern": "/other"},
    ),
    "backend usages": (
        lambda shop: shop.service.backend_usages,
        lambda shop: {
            "path": "/new", "backend_api_id": shop.client.backends.create(
                params={"name": unique(), "private_endpoint": "https://d.example:443"}
            )["id"],
        },
        {"path": "/other"},
    ),
    "application plans": (
        lambda shop: shop.service.app_plans,
        lambda _: {
            "name": unique(), "approval_required": False, "setup_fee": "12.5",
            "state_event": "publish", "cost_per_month": 3, "trial_period_days": 5,
        },
        {"name": "Other", "cost_per_month": 4.0},
    ),
    "service plans": (
        lambda shop: shop.service.service_plans,
        lambda _: {"name": unique(), "approval_required": False},
        {"name": "Other"},
    ),
    "account plans": (
        lambda shop: shop.client.account_plans,
        lambda _: {"name": unique(), "approval_required": False},
        {"name": "Other", "approval_required": True},
    ),
    "limits": (
        lambda shop: shop.plan.limits(shop.hits),
        lambda _: {"period": "hour", "value": 7},
        {"value": 9},
    ),
    "limits of backends' metrics": (
        lambda shop: shop.plan.limits(shop.backend_hits),
        lambda _: {"period": "minute", "value": 7},
        {"period": "day"},
    ),
    "pricing rules": (
        lambda shop: shop.plan.pricing_rules(shop.hits),
        lambda _: {"min": 1, "max": 10, "cost_per_unit": "20.0"},
        {"max": 20},
    ),
    "accounts": (
        lambda shop: shop.client.accounts,
        lambda _: {
            "org_name": unique(), "username": unique(), "email": f"{unique()}@example.com",
            "password": PASSWORD,
        },
        {"org_name": "Other"},
    ),
    "users of accounts": (
        lambda shop: shop.account.users,
        lambda _: {
            "username": unique(), "email": f"{unique()}@example.com", "password": PASSWORD,
        },
        {"email": f"{unique('changed')}@example.com"},
    ),
    "applications": (
        lambda shop: shop.account.applications,
        lambda shop: {
            "name": "New", "description": "words", "plan_id": shop.plan["id"],
            "user_key": unique("key"),
        },
        {"name": "Other", "description": "more words"},
    ),
    "service subscriptions": (
        lambda shop: shop.another_account().service_subscriptions,
        lambda shop: {"plan_id": _plan_of_a_later_product(shop)},
        {},
    ),
    "field definitions": (
        lambda shop: shop.client.fields_definitions,
        lambda _: {"target": "Cinstance", "name": unique("f"), "label": "New"},
        {"label": "Other", "position": 1},
    ),
    "active docs": (
        lambda shop: shop.client.active_docs,
        lambda _: {"name": unique(), "body": text(), "published": True},
        {"name": "Other", "body": text(openapi("3.1.0"))},
    ),
    "access tokens": (
        lambda shop: shop.client.access_tokens,
        lambda _: {"name": unique(), "permission": "ro", "scopes": ["account_management"]},
        {},
    ),
    "users of the provider": (
        lambda shop: shop.client.provider_account_users,
        lambda _: {
            "username": unique(), "email": f"{unique()}@example.com", "password": PASSWORD,
        },
        {"email": f"{unique('changed')}@example.com"},
    ),
}  # fmt: skip


def _plan_of_a_later_product(shop: Shop) -> int:
    """A service plan that no account is on. The client gives a list of them as a bare object."""
    service = shop.client.services.create(params={"name": unique()})
    told = service.service_plans.fetch()
    return int(told["plans"][0]["service_plan"]["id"])


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_is_made_read_changed_and_removed(shop: Shop, name: str) -> None:
    where, params, changes = RESOURCES[name]
    resources, given = where(shop), params(shop)
    made = resources.create(params=given)
    assert made["id"]
    assert resources.exists(made["id"])
    assert resources.read(made["id"]).read().entity == resources.fetch(made["id"])
    if name != "service plans":
        assert made["id"] in [each["id"] for each in resources.list()]
    if changes:
        made.update(params=changes)
        fresh = resources.fetch(made["id"])
        assert {key: fresh[key] for key in changes} == changes
    made.delete()
    assert not resources.exists(made["id"])


def test_a_resource_is_found_by_its_name(shop: Shop, client: ThreeScaleClient) -> None:
    for resources, name, found in (
        (client.services, shop.service["system_name"], shop.service),
        (client.backends, shop.backend["system_name"], shop.backend),
        (client.accounts, shop.account["org_name"], shop.account),
        (shop.account.applications, "App", shop.application),
        (shop.service.app_plans, shop.plan["system_name"], shop.plan),
    ):
        assert resources.read_by_name(name)["id"] == found["id"]
    assert client.accounts.find({"username": shop.account["org_name"]})["id"] == shop.account["id"]


def test_what_is_refused_names_the_field(shop: Shop) -> None:
    for resources, params, field in (
        (shop.service.metrics, {"friendly_name": "", "unit": "x"}, "friendly_name"),
        (shop.service.metrics, {"friendly_name": "X"}, "unit"),
        (shop.service.mapping_rules, {
            "http_method": "GET", "pattern": "/", "delta": "x", "metric_id": shop.hits["id"],
        }, "delta"),
        (shop.client.backends, {"name": "X", "private_endpoint": "http://localhost"},
         "private_endpoint"),
    ):  # fmt: skip
        with pytest.raises(ApiClientError) as refused:
            resources.create(params=params)
        assert refused.value.code == 422
        assert f'"{field}"' in refused.value.body.decode()
