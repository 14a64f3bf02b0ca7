"""The document of a proxy config: APIcast's shape, complete, and what a gateway can compile."""

from __future__ import annotations

from typing import Any

from portal.people import BY, Provider
from tollway.gateway.compile import compile_service
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.services import (
    change_product,
    create_backend,
    create_backend_usage,
    create_mapping_rule,
    delete_backend_usage,
    update_backend_usage,
    update_proxy,
)


def document_of(provider: Provider) -> dict[str, Any]:
    text = documents.encode(documents.service_document(provider.product))
    return dict(documents.decode(text))


def with_two_backends(provider: Provider) -> None:
    """Put the first backend below `/v1.0`, another at `/`; one rule more in each."""
    update_backend_usage(provider.product.backend_usages.get(), by=BY, path="/v1.0")
    other = create_backend(provider.tenant, by=BY, name="Other", private_endpoint="http://o.test")
    create_backend_usage(provider.product, by=BY, backend=other)
    for backend in (provider.backend, other):
        create_mapping_rule(
            backend, by=BY, metric=selectors.hits_of(provider.tenant, backend),
            http_method="GET", pattern="/{x}?page={page}", delta=2,
        )  # fmt: skip


def test_a_product_with_one_backend_at_the_root(acme: Provider) -> None:
    document = document_of(acme)
    proxy = document["proxy"]
    name = f"api-{acme.tenant.pk}"
    assert (document["id"], document["system_name"]) == (acme.product.pk, "api")
    assert (document["account_id"], document["tenant_id"]) == (acme.tenant.pk, acme.tenant.pk)
    assert document["backend_authentication_type"] == "service_token"
    assert document["backend_authentication_value"] == acme.product.service_tokens.get().value
    assert proxy["api_backend"] == "https://echo-api.3scale.net:443"
    assert proxy["hostname_rewrite"] is None
    assert proxy["hostname_rewrite_for_sandbox"] == "echo-api.3scale.net"
    assert proxy["endpoint"] == f"http://{name}.gateway.localhost:8081"
    assert proxy["sandbox_endpoint"] == f"http://{name}.staging.gateway.localhost:8080"
    assert proxy["endpoint_port"] == 8081
    assert proxy["production_domain"] == f"{name}.gateway.localhost"
    assert proxy["staging_domain"] == f"{name}.staging.gateway.localhost"
    assert proxy["hosts"] == [proxy["production_domain"], proxy["staging_domain"]]
    assert proxy["backend"] == {"endpoint": "http://127.0.0.1:3001", "host": "127.0.0.1"}
    assert [policy["name"] for policy in proxy["policy_chain"]] == ["apicast"]
    assert proxy["secret_token"].startswith("Shared_secret_sent_from_proxy_to_API_backend_")


def test_the_answers_are_3scale_s(acme: Provider) -> None:
    proxy = document_of(acme)["proxy"]
    answers = {
        kind: (
            proxy[f"error_status_{kind}"], proxy[f"error_headers_{kind}"], proxy[f"error_{kind}"]
        )
        for kind in ("auth_missing", "auth_failed", "no_match", "limits_exceeded")
    }  # fmt: skip
    ascii_text = "text/plain; charset=us-ascii"
    assert answers == {
        "auth_missing": (403, ascii_text, "Authentication parameters missing"),
        "auth_failed": (403, ascii_text, "Authentication failed"),
        "no_match": (404, ascii_text, "No Mapping Rule matched"),
        "limits_exceeded": (429, ascii_text, "Usage limit exceeded"),
    }


def test_rules_of_backends_stand_below_their_path(acme: Provider) -> None:
    with_two_backends(acme)
    rules = document_of(acme)["proxy"]["proxy_rules"]
    first, other = selectors.backends_of(acme.tenant)
    assert [(r["pattern"], r["metric_system_name"], r["owner_type"]) for r in rules] == [
        ("/", "hits", "Proxy"),
        ("/v1.0/{x}?page={page}", f"hits.{first.pk}", "BackendApi"),
        ("/{x}?page={page}", f"hits.{other.pk}", "BackendApi"),
    ]
    assert [r["owner_id"] for r in rules] == [acme.product.proxy.pk, first.pk, other.pk]
    assert rules[1]["parameters"] == ["x"]
    assert rules[1]["querystring_parameters"] == {"page": "{page}"}
    assert (rules[1]["delta"], rules[1]["last"], rules[1]["http_method"]) == (2, False, "GET")


def test_several_backends_are_routed_the_longest_path_first(acme: Provider) -> None:
    with_two_backends(acme)
    proxy = document_of(acme)["proxy"]
    assert proxy["api_backend"] is None
    routing, apicast = proxy["policy_chain"]
    assert (routing["name"], apicast["name"]) == ("routing", "apicast")
    first, other = selectors.backends_of(acme.tenant)
    deep, root = routing["configuration"]["rules"]
    assert (deep["url"], deep["owner_id"]) == ("https://echo-api.3scale.net:443", first.pk)
    assert deep["condition"]["operations"] == [
        {"match": "path", "op": "matches", "value": r"^(/v1\.0/.*|/v1\.0/?)"}
    ]
    assert deep["replace_path"] == "{{uri | remove_first: '/v1.0'}}"
    assert (root["url"], root["owner_id"]) == ("http://o.test:80", other.pk)
    assert root["condition"]["operations"][0]["value"] == "^(/.*)"
    assert "replace_path" not in root


def test_our_gateway_compiles_what_we_write(acme: Provider) -> None:
    with_two_backends(acme)
    compiled = compile_service(document_of(acme), "staging")
    assert list(compiled["hosts"]) == [f"api-{acme.tenant.pk}.staging.gateway.localhost"]
    routes = [(route["path"], route["strip"]) for route in compiled["routes"]]
    assert routes == [("/v1.0", True), ("/", False)]
    assert not compiled["notes"]


def test_a_product_without_a_backend_routes_nowhere(acme: Provider) -> None:
    delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    proxy = document_of(acme)["proxy"]
    assert proxy["api_backend"] is None
    assert proxy["policy_chain"][0]["configuration"]["rules"] == []


def test_openid_connect_is_oauth_on_the_wire(acme: Provider) -> None:
    change_product(acme.product, {"backend_version": "oidc"})
    document = document_of(acme)
    assert document["backend_version"] == "oauth"
    proxy = document["proxy"]
    assert (proxy["authentication_method"], proxy["oidc_issuer_type"]) == ("oidc", "keycloak")
    unset = ("oidc_issuer_endpoint", "jwt_claim_with_client_id", "jwt_claim_with_client_id_type")
    assert [proxy[name] for name in unset] == [None, None, None]
    given: dict[str, Any] = {
        "oidc_issuer_endpoint": "https://client:secret@idp.example/realms/x",
        "oidc_issuer_type": "rest",
        "jwt_claim_with_client_id": "client",
        "jwt_claim_with_client_id_type": "plain",
    }
    update_proxy(acme.product, by=BY, **given)
    proxy = document_of(acme)["proxy"]
    assert {name: proxy[name] for name in given} == given


def test_equal_configurations_give_equal_texts(acme: Provider) -> None:
    assert documents.encode(documents.service_document(acme.product)) == documents.encode(
        documents.service_document(acme.product)
    )


def test_a_document_costs_the_same_queries_however_many_backends_there_are(
    acme: Provider, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(6):
        documents.service_document(acme.product)
    with_two_backends(acme)
    with django_assert_num_queries(6):
        documents.service_document(acme.product)
