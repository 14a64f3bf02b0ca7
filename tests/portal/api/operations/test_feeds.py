"""What gateways boot from: many products in one answer, of one tenant or of all."""

from __future__ import annotations

from typing import Any

import pytest

from portal.api.calls import Api, api_of, operator_api
from portal.people import BY, Provider
from tollway.portal.accounts.services import change_tenant_state
from tollway.portal.api.operations import feeds
from tollway.portal.catalog.services import deploy, promote

pytestmark = pytest.mark.django_db

OF_ALL = "/master/api/proxy/configs"


def serve(provider: Provider) -> Provider:
    deploy(provider.product, by=BY)
    promote(provider.product, by=BY, version=1, source="sandbox", to="production")
    return provider


def of_all(operator: Api, environment: str = "production", query: str = "") -> list[Any]:
    url = f"{OF_ALL}/{environment}.json?access_token={operator.token}{query}"
    answer = operator.send("GET", url, "", "")
    assert answer.status_code == 200, answer.content
    return [each["proxy_config"] for each in answer.json()["proxy_configs"]]


def test_the_operator_has_those_of_all_open_tenants(acme: Provider, globex: Provider) -> None:
    operator = operator_api(acme)
    serve(acme)
    serve(globex)
    for environment in ("production", "staging", "sandbox"):
        ids = {config["content"]["id"] for config in of_all(operator, environment)}
        assert ids == {acme.product.pk, globex.product.pk}
    change_tenant_state(globex.tenant, "suspend", by=BY)
    assert [config["content"]["id"] for config in of_all(operator)] == [acme.product.pk]


def test_the_operators_are_narrowed_by_host_and_come_in_pages(
    acme: Provider, globex: Provider
) -> None:
    operator = operator_api(acme)
    host = of_all_hosts(serve(acme), serve(globex), operator)[globex.product.pk]
    assert [c["content"]["id"] for c in of_all(operator, query=f"&host={host}")] == [
        globex.product.pk
    ]
    assert of_all(operator, query="&host=elsewhere.example") == []
    pages = [of_all(operator, query=f"&per_page=1&page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [1, 1, 0]


def of_all_hosts(acme: Provider, globex: Provider, operator: Api) -> dict[int, str]:
    assert acme.product.pk != globex.product.pk
    return {
        config["content"]["id"]: config["content"]["proxy"]["hosts"][0]
        for config in of_all(operator)
    }


def test_only_the_operators_host_has_them(acme: Provider) -> None:
    api = api_of(acme)
    url = f"{OF_ALL}/production.json?access_token={api.token}"
    assert api.send("GET", url, "", "").status_code == 404


def test_one_document_holds_what_is_in_production(api: Api, acme: Provider) -> None:
    empty = api.json("GET", "/nginx/spec")
    assert (empty["id"], empty["services"]) == (acme.tenant.pk, [])
    deploy(acme.product, by=BY)
    assert api.json("GET", "/nginx/spec")["services"] == []
    promote(acme.product, by=BY, version=1, source="sandbox", to="production")
    spec = api.json("GET", "/nginx/spec")
    assert spec["provider_key"] == acme.tenant.provider_key
    assert [service["id"] for service in spec["services"]] == [acme.product.pk]
    assert spec["timestamp"] >= empty["timestamp"]
    assert spec == api.json("GET", "/nginx/spec")


def test_a_strange_version_is_none(api: Api, acme: Provider) -> None:
    serve(acme)
    for version in ("9" * 40, "\u00b2", "x", "2"):
        path = f"/account/proxy_configs/production.json?version={version}"
        assert api.call("GET", path).json() == {"proxy_configs": []}


def test_a_member_does_not_read_the_provider_key() -> None:
    [spec] = [row for row in feeds.OPERATIONS if row.path == "/admin/api/nginx/spec"]
    assert spec.section is None
