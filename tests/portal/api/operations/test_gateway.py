"""Gateway settings, deploying, promoting, and what gateways read, through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def proxy(acme: Provider) -> str:
    return f"/services/{acme.product.pk}/proxy"


def versions(api: Api, proxy: str, environment: str) -> list[int]:
    listed = api.json("GET", f"{proxy}/configs/{environment}")["proxy_configs"]
    return [config["proxy_config"]["version"] for config in listed]


def test_each_change_of_the_proxy_is_a_new_version_in_staging(api: Api, proxy: str) -> None:
    changed = api.json("PATCH", proxy, auth_user_key="key", error_status_no_match="405")["proxy"]
    assert (changed["auth_user_key"], changed["error_status_no_match"]) == ("key", 405)
    assert "id" not in changed
    api.json("PUT", proxy, **changed)
    assert versions(api, proxy, "sandbox") == versions(api, proxy, "staging") == [1, 2]
    assert versions(api, proxy, "production") == []
    latest = api.json("GET", f"{proxy}/configs/sandbox/latest")["proxy_config"]
    assert (latest["version"], latest["content"]["proxy"]["auth_user_key"]) == (2, "key")
    assert api.json("GET", f"{proxy}/configs/sandbox/2")["proxy_config"] == latest


def test_deploying_writes_what_differs(api: Api, acme: Provider, proxy: str) -> None:
    for _ in range(2):
        response = api.call("POST", f"{proxy}/deploy.json")
        assert response.status_code == 201
        assert json.loads(response.content)["proxy"]["service_id"] == acme.product.pk
    assert versions(api, proxy, "sandbox") == [1]


def test_promoting_copies_a_version_once(api: Api, proxy: str) -> None:
    api.json("POST", f"{proxy}/deploy")
    promote = f"{proxy}/configs/sandbox/1/promote"
    promoted = api.json("POST", promote, to="production")["proxy_config"]
    assert (promoted["environment"], promoted["version"]) == ("production", 1)
    assert api.json("GET", f"{proxy}/configs/production/latest")["proxy_config"] == promoted
    again = api.call("POST", f"{promote}.json", {"to": "production"})
    assert (again.status_code, list(errors_of(again))) == (422, ["version"])
    wrong = api.call("POST", f"{promote}.json", {"to": "mars"})
    assert (wrong.status_code, list(errors_of(wrong))) == (422, ["to"])


def test_an_older_version_comes_back_to_production(api: Api, proxy: str) -> None:
    for name in ("one", "two"):
        api.json("PATCH", proxy, auth_user_key=name)
    for version in (1, 2, 1):
        api.json("POST", f"{proxy}/configs/sandbox/{version}/promote", to="production")
    assert versions(api, proxy, "production") == [1, 2, 1]
    latest = api.json("GET", f"{proxy}/configs/production/latest")["proxy_config"]
    assert latest == api.json("GET", f"{proxy}/configs/production/1")["proxy_config"]
    assert latest["content"]["proxy"]["auth_user_key"] == "one"


def test_the_second_of_two_editors_is_told(api: Api, proxy: str) -> None:
    seen = api.json("GET", proxy)["proxy"]
    first = api.json("PUT", proxy, **{**seen, "auth_user_key": "first"})["proxy"]
    second = {**seen, "auth_user_key": "second"}
    for form, body in (
        ("json", b'{"error":"Someone else edited the Staging Configuration"}'),
        ("xml", b"<error>Someone else edited the Staging Configuration</error>"),
    ):
        response = api.call("PUT", f"{proxy}.{form}", second)
        assert response.status_code == 409
        assert body in response.content
    assert api.json("GET", proxy)["proxy"] == first
    again = api.json("PUT", proxy, **{**first, "auth_user_key": "second"})["proxy"]
    assert again["auth_user_key"] == "second"
    assert versions(api, proxy, "sandbox") == [1, 2]


def test_openid_connect_is_configured_where_it_is_the_mode(api: Api, acme: Provider) -> None:
    proxy = f"/services/{acme.product.pk}/proxy"
    issuer = "https://client:secret@idp.example/realms/x"
    given = {
        "oidc_issuer_endpoint": issuer,
        "oidc_issuer_type": "rest",
        "jwt_claim_with_client_id": "client",
        "jwt_claim_with_client_id_type": "plain",
    }
    assert not given.keys() & api.json("PATCH", proxy, **given)["proxy"].keys()
    api.json("PUT", f"/services/{acme.product.pk}", backend_version="oidc")
    shown = api.json("GET", proxy)["proxy"]
    assert {name: shown[name] for name in given} == given
    api.json("PUT", proxy, **shown)
    content = api.json("GET", f"{proxy}/configs/sandbox/latest")["proxy_config"]["content"]
    assert {name: content["proxy"][name] for name in given} == given
    assert (content["backend_version"], content["proxy"]["authentication_method"]) == (
        "oauth", "oidc",
    )  # fmt: skip


def test_flows_are_switched_one_by_one(api: Api, proxy: str) -> None:
    path = f"{proxy}/oidc_configuration"
    shown = api.json("GET", path)["oidc_configuration"]
    assert {name for name, on in shown.items() if on is True} == {"standard_flow_enabled"}
    changed = api.json("PATCH", path, oidc_configuration={"implicit_flow_enabled": True})
    assert changed["oidc_configuration"] == {**shown, "implicit_flow_enabled": True}
    back = api.json("PATCH", path, **shown)
    assert back["oidc_configuration"] == shown
    response = api.call("PATCH", f"{path}.json", {"standard_flow_enabled": "perhaps"})
    assert (response.status_code, list(errors_of(response))) == (422, ["standard_flow_enabled"])


def test_a_service_mesh_is_deployed_to_production_and_a_plugin_nowhere(
    api: Api, acme: Provider
) -> None:
    service = f"/services/{acme.product.pk}"
    api.json("PUT", service, deployment_option="service_mesh_istio")
    api.json("POST", f"{service}/proxy/deploy")
    assert versions(api, f"{service}/proxy", "production") == [1]
    api.json("PUT", service, deployment_option="plugin_java")
    response = api.call("POST", f"{service}/proxy/deploy.json")
    assert (response.status_code, list(errors_of(response))) == (422, ["base"])


def test_what_is_not_there_is_404_and_what_cannot_be_is_400(api: Api, proxy: str) -> None:
    for path in ("sandbox/latest", "production/latest", "sandbox/7"):
        assert api.call("GET", f"{proxy}/configs/{path}.json").status_code == 404
    assert (
        api.call("POST", f"{proxy}/configs/sandbox/7/promote.json?to=production").status_code == 404
    )
    for path in (
        f"{proxy}/configs/mars", f"{proxy}/configs/mars/latest", f"{proxy}/configs/mars/1",
        "/account/proxy_configs/mars", "/services/proxy/configs/mars",
    ):  # fmt: skip
        response = api.call("GET", f"{path}.json")
        assert (response.status_code, response.content) == (
            400, b'{"error":"invalid environment"}',
        )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("credentials_location", "body"), ("error_status_auth_failed", "no"),
     ("error_status_auth_failed", 999), ("auth_user_key", "a b"), ("api_backend", "ftp://x"),
     ("api_test_path", "x"), ("hostname_rewrite", "a b"), ("oidc_issuer_type", "saml"),
     ("oidc_issuer_endpoint", "idp.example"), ("jwt_claim_with_client_id_type", "regex")],
)  # fmt: skip
def test_what_a_proxy_cannot_be_is_named_and_writes_no_version(
    api: Api, proxy: str, field: str, value: object
) -> None:
    response = api.call("PATCH", f"{proxy}.json", {"auth_app_id": "changed", field: value})
    assert response.status_code == 422
    assert set(errors_of(response)) <= {field, "private_endpoint"}
    assert versions(api, proxy, "sandbox") == []
    assert api.json("GET", proxy)["proxy"]["auth_app_id"] == "app_id"


def hosts(answer: Any) -> list[int]:
    return [config["proxy_config"]["content"]["id"] for config in answer["proxy_configs"]]


def test_gateways_read_all_products_or_those_of_a_host(api: Api, acme: Provider) -> None:
    products = [acme.product, acme.another_product("Second"), acme.another_product("Third")]
    for product in products[:2]:
        path = f"/services/{product.pk}/proxy"
        api.json("PATCH", path, api_backend="https://x.example")
        api.json("POST", f"{path}/configs/sandbox/1/promote", to="production")
        api.json("PATCH", path, auth_user_key="key")
    ids = [product.pk for product in products[:2]]
    account = "/account/proxy_configs"
    host = api.json("GET", f"/services/{ids[1]}/proxy")["proxy"]["endpoint"]
    host = host.removeprefix("http://").partition(":")[0]
    for environment, query, expected in (
        ("production", "", ids),
        ("production", "?version=latest", ids),
        ("staging", "?version=latest", ids),
        ("sandbox", "", [ids[0], ids[0], ids[1], ids[1]]),
        ("sandbox", "?version=1", ids),
        ("sandbox", "?version=9", []),
        ("sandbox", "?version=x", []),
        ("production", f"?host={host}", [ids[1]]),
        ("production", f"?version=latest&host={host}", [ids[1]]),
        ("production", "?host=nobody.example", []),
        ("sandbox", "?version=latest&per_page=1&page=2", [ids[1]]),
    ):
        answer = json.loads(api.call("GET", f"{account}/{environment}.json{query}").content)
        assert sorted(hosts(answer)) == expected, (environment, query)
    older = "/services/proxy/configs"
    assert hosts(api.json("GET", f"{older}/production")) == ids
    answer = json.loads(api.call("GET", f"{older}/staging.json?host={host}").content)
    assert hosts(answer) == [ids[1]]
    latest = json.loads(api.call("GET", f"{account}/sandbox.json?version=latest").content)
    assert [c["proxy_config"]["version"] for c in latest["proxy_configs"]] == [2, 2]


def test_the_policy_chain_is_the_gateways_own_step(api: Api, proxy: str) -> None:
    chain = api.json("GET", f"{proxy}/policies")["policies_config"]
    assert [policy["name"] for policy in chain] == ["apicast"]


def test_what_only_gateways_read_is_json_only() -> None:
    only = {operation.path for operation in gateway.OPERATIONS if operation.json_only}
    assert all("config" in path or "policies" in path for path in only)
