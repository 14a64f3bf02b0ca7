"""3scale's own Python client, `3scale-api` from PyPI, pointed at a running Tollway, unchanged."""

from __future__ import annotations

import pytest
from threescale_api import ThreeScaleClient
from threescale_api.defaults import DefaultResource
from threescale_api.errors import ApiClientError
from threescale_api.resources import (
    Application,
    ApplicationPlanFeatures,
    ApplicationReferrerFilters,
)

from acceptance.shop import (  # noqa: F401  (fixtures)
    PASSWORD,
    Shop,
    client_fixture,
    operator_fixture,
    resolving_fixture,
    shop_fixture,
    unique,
)
from acceptance.world import eventually

pytestmark = pytest.mark.acceptance


def test_the_tenant_is_ready(client: ThreeScaleClient) -> None:
    assert client.wait_for_tenant()


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
