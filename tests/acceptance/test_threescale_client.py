"""3scale's own Python client, `3scale-api` from PyPI, pointed at a running Tollway, unchanged."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from threescale_api import ThreeScaleClient
from threescale_api.defaults import DefaultResource
from threescale_api.errors import ApiClientError
from threescale_api.resources import (
    Application,
    ApplicationPlanFeatures,
    ApplicationReferrerFilters,
)

from acceptance.world import World, eventually

pytestmark = pytest.mark.acceptance

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module", autouse=True)
def resolving() -> Iterator[None]:
    """Let the client find ``*.localhost``, which Debian's resolver does not know."""
    resolve = socket.getaddrinfo

    def local(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        return resolve("127.0.0.1" if name.endswith(".localhost") else host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", local)
        yield


@pytest.fixture(scope="module")
def client(world: World) -> ThreeScaleClient:
    return ThreeScaleClient(world.platform["admin_portal"], world.platform["access_token"])


@pytest.fixture(scope="module")
def operator(world: World) -> ThreeScaleClient:
    return ThreeScaleClient(world.platform["master"], world.platform["master_token"])


def unique(prefix: str = "c") -> str:
    return f"{prefix}{secrets.token_hex(4)}"


class Shop:
    """A product with a backend and a plan, and an account: what the other resources belong to."""

    def __init__(self, client: ThreeScaleClient, echo: str) -> None:
        self.client = client
        name = unique()
        self.service = client.services.create(params={"name": name, "system_name": name})
        self.backend = client.backends.create(
            params={"name": name, "system_name": name, "private_endpoint": echo}
        )
        self.service.backend_usages.create(params={"backend_api_id": self.backend["id"]})
        self.hits = self.service.metrics.read_by_name("hits")
        self.backend_hits = self.backend.metrics.read_by_name(f"hits.{self.backend['id']}")
        self.plan = self.service.app_plans.create(params={"name": "Basic"})
        self.account = self.another_account()
        self.application = self.account.applications.create(
            params={"name": "App", "description": "An app", "plan_id": self.plan["id"]}
        )

    def another_account(self) -> Any:
        name = unique()
        return self.client.accounts.create(
            params={
                "org_name": name, "name": name, "username": name, "password": PASSWORD,
                "email": f"{name}@example.com", "monthly_billing_enabled": False,
            }
        )  # fmt: skip


@pytest.fixture(scope="module")
def shop(client: ThreeScaleClient, world: World, resolving: None) -> Shop:
    return Shop(client, world.platform["echo"])


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


def test_the_tenant_is_ready(client: ThreeScaleClient) -> None:
    assert client.wait_for_tenant()


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


def test_a_proxy_is_changed_deployed_and_promoted(shop: Shop) -> None:
    proxy = shop.service.proxy.list()
    before = len(proxy.configs.list(env="sandbox"))
    proxy.update(params={"auth_user_key": "key", "error_status_auth_missing": 401})
    assert proxy["auth_user_key"] == "key"
    assert len(proxy.configs.list(env="staging")) == before + 1
    proxy.deploy()
    latest = proxy.configs.latest()
    assert latest["content"]["proxy"]["auth_user_key"] == "key"
    promoted = proxy.promote(version=latest["version"])
    assert (promoted["environment"], promoted["version"]) == ("production", latest["version"])
    again = proxy.configs.version(latest["version"], env="production")
    assert again["content"] == promoted["content"]
    flows = proxy.client.oidc.read()["oidc_configuration"]
    changed = proxy.client.oidc.update(params={"oidc_configuration": {
        "implicit_flow_enabled": not flows["implicit_flow_enabled"],
    }})  # fmt: skip
    assert changed["oidc_configuration"] != flows


def test_plans_become_the_default(shop: Shop, client: ThreeScaleClient) -> None:
    assert shop.plan.set_default()["default"] is True
    assert shop.service.app_plans.get_default()["id"] == shop.plan["id"]
    default = client.account_plans.read_by(default=True)
    other = client.account_plans.create(params={"name": unique()})
    assert client.account_plans.set_default(other["id"])["default"] is True
    client.account_plans.set_default(default["id"])
    other.delete()
    plan = shop.service.service_plans.create(params={"name": unique()})
    assert plan.set_default()["default"] is True


def test_an_account_goes_through_its_states_and_plans(shop: Shop, client: ThreeScaleClient) -> None:
    accounts, account = client.accounts, shop.account
    assert accounts.pending(account["id"])["state"] == "pending"
    assert accounts.reject(account["id"])["state"] == "rejected"
    assert accounts.approve(account["id"])["state"] == "approved"
    plan = client.account_plans.create(params={"name": unique()})
    accounts.set_plan(account["id"], plan["id"])
    assert account.get_account_plan()["id"] == plan["id"]


@pytest.mark.parametrize("of", ["account", "provider"])
def test_a_user_goes_through_states_and_roles(
    shop: Shop, client: ThreeScaleClient, of: str
) -> None:
    users = shop.account.users if of == "account" else client.provider_account_users
    name = unique()
    user = users.create(
        params={"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    )
    assert (user["state"], user["role"]) == ("pending", "member")
    for state, field, value in (
        ("activate", "state", "active"), ("suspend", "state", "suspended"),
        ("unsuspend", "state", "active"), ("admin", "role", "admin"), ("member", "role", "member"),
    ):  # fmt: skip
        assert user.set_state(state)[field] == value


def test_permissions_of_a_member_come_and_go(shop: Shop, client: ThreeScaleClient) -> None:
    name = unique()
    user = client.provider_account_users.create(
        params={"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    )
    service_id = shop.service["id"]
    told = user.permissions_update(allowed_services=[service_id], allowed_sections=["plans"])
    assert told["permissions"]["allowed_sections"] == ["plans"]
    assert told["permissions"]["allowed_service_ids"] == [service_id]
    user.permissions_update()
    none = user.permissions_read()["permissions"]
    assert (none["allowed_sections"], none["allowed_service_ids"]) == ([], [])
    assert len(user.allow_all_sections()["permissions"]["allowed_sections"]) == 7


def test_an_application_goes_through_states_plans_and_keys(shop: Shop) -> None:
    applications, application = shop.account.applications, shop.application
    applications.suspend(application["id"])
    assert application.read()["state"] == "suspended"
    applications.resume(application["id"])
    assert application.read()["state"] == "live"
    other = shop.service.app_plans.create(params={"name": unique()})
    applications.change_plan(application["id"], other["id"])
    assert application.read()["plan_id"] == other["id"]
    applications.customize_plan(application["id"])
    assert application.read()["plan_id"] != other["id"]
    applications.decustomize_plan(application["id"])
    assert application.read()["plan_id"] == other["id"]


def test_keys_of_any_character_are_made_and_removed(shop: Shop, client: ThreeScaleClient) -> None:
    service = client.services.create(params={"name": unique(), "backend_version": "2"})
    plan = service.app_plans.create(params={"name": "Basic"})
    application = shop.account.applications.create(params={"name": "A", "plan_id": plan["id"]})
    for value in ("plain-key", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "x" * 255):
        key = application.keys.create(params={"key": value})
        assert key["value"] == value
        key.delete()
        assert not key.exists()
    assert value not in [key["value"] for key in application.keys.list()]


def test_referrer_filters_are_added(shop: Shop) -> None:
    """The client has a class for them that nothing leads to; both answers are an application."""
    filters = ApplicationReferrerFilters(parent=shop.application, instance_klass=Application)
    added = filters.create(params={"referrer_filter": "*.example.com"})
    assert added["id"] == shop.application["id"]
    told = shop.client.rest.get(url=filters.url).json()["referrer_filters"]
    assert [each["referrer_filter"]["value"] for each in told] == ["*.example.com"]
    assert filters.delete(told[0]["referrer_filter"]["id"])
    assert shop.client.rest.get(url=filters.url).json() == {"referrer_filters": []}


def test_features_are_put_into_plans(client: ThreeScaleClient) -> None:
    """The client's class for them finds the address of account plans only, and makes none."""
    url = f"{client.admin_api_url}/features"
    feature = client.rest.post(url=url, json={"name": unique()}).json()["feature"]
    plan = client.account_plans.create(params={"name": unique()})
    features = ApplicationPlanFeatures(parent=plan, instance_klass=DefaultResource)
    assert features.create(params={"feature_id": feature["id"]})["id"] == feature["id"]
    assert [each["id"] for each in features.list()] == [feature["id"]]
    assert features.delete(feature["id"])
    assert features.list() == []
    client.rest.delete(url=f"{url}/{feature['id']}")
    plan.delete()


def test_subscriptions_change_their_plan(shop: Shop) -> None:
    subscriptions = shop.account.service_subscriptions
    subscription = subscriptions.read_by(service_id=shop.service["id"])
    plan = shop.service.service_plans.create(params={"name": unique()})
    subscription.change_plan(plan_id=plan["id"])
    assert subscriptions.fetch(subscription["id"])["plan_id"] == plan["id"]


def test_settings_and_the_provider_itself_are_changed(client: ThreeScaleClient) -> None:
    rest, url = (
        client.rest,
        client.settings.url,
    )  # its own `fetch` and `update` raise, whatever comes
    settings = rest.get(url=url).json()["settings"]
    changed = rest.put(url=url, json={"signups_enabled": not settings["signups_enabled"]}).json()
    assert changed["settings"] == {
        **settings, "signups_enabled": not settings["signups_enabled"],
    }  # fmt: skip
    assert rest.put(url=url, json=settings).json()["settings"] == settings
    provider = client.provider_accounts.fetch()
    code = provider["site_access_code"]
    provider.update(params={"site_access_code": "another-code"})
    assert client.provider_accounts.fetch()["site_access_code"] == "another-code"
    provider.update(params={"site_access_code": code})


def test_a_token_made_for_another_user_works(client: ThreeScaleClient) -> None:
    name = unique()
    user = client.provider_account_users.create(
        params={"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    )
    user.activate()
    user.set_role_admin()
    token = client._providers.create_token(
        user["id"], {"name": name, "permission": "rw", "scopes": ["account_management"]}
    )
    other = ThreeScaleClient(client.url, token["access_token"]["value"])
    assert other.services.list()


def test_a_tenant_is_made_used_and_removed(operator: ThreeScaleClient) -> None:
    name = unique()
    tenant = operator.tenants.create(
        params={
            "org_name": name, "username": name, "email": f"{name}@example.com",
            "password": PASSWORD,
        }
    )  # fmt: skip
    admin = tenant.admin_api()
    assert tenant.wait_tenant_ready()
    service = admin.services.create(params={"name": "Theirs"})
    assert service["id"] in [each["id"] for each in admin.services.list()]
    read = operator.tenants.read(tenant.entity_id)
    assert read["signup"]["account"]["admin_base_url"] == tenant.admin_base_url
    tenant.delete()
    with pytest.raises(ApiClientError):
        tenant.delete()


def test_the_clients_own_traffic_passes_the_gateway(shop: Shop) -> None:
    """As its ``test_request`` does: addresses, place and credentials are read from the API."""
    proxy = shop.service.proxy.list()
    proxy.deploy()
    traffic = shop.application.api_client(disable_retry_status_list=(403, 404, 503))
    eventually(lambda: traffic.get("/from/the/client").status_code == 200, "client's own traffic")
    traffic.close()
