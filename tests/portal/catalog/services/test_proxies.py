"""How gateways serve a product: what may be set, and by whom meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import create_backend_usage
from tollway.portal.catalog.services import proxies as services
from tollway.portal.events.selectors import events_of


def versions(provider: Provider, environment: str) -> list[int]:
    configs = selectors.proxy_configs_of(provider.tenant, provider.product, environment)
    return [config.version for config in configs]


def test_every_update_of_the_proxy_is_a_version_as_in_3scale(acme: Provider) -> None:
    services.update_proxy(acme.product, by=BY, auth_user_key="api_key")
    services.update_proxy(acme.product, by=BY, auth_user_key="api_key")
    assert versions(acme, "sandbox") == [1, 2]
    config = selectors.config_in_force(acme.tenant, acme.product, "sandbox")
    assert config
    assert documents.decode(config.content)["proxy"]["auth_user_key"] == "api_key"


def test_an_api_backend_is_made_once_and_then_moved(acme: Provider) -> None:
    product = acme.another_product("Pets")
    services.update_proxy(product, by=BY, api_backend="https://pets.example")
    [usage] = selectors.backend_usages_of(acme.tenant, product)
    assert (usage.path, usage.backend.name) == ("/", "Pets Backend")
    assert selectors.api_backend_of(acme.tenant, product) == "https://pets.example:443"
    services.update_proxy(product, by=BY, api_backend="http://pets.example:81")
    assert selectors.api_backend_of(acme.tenant, product) == "http://pets.example:81"
    assert selectors.backends_of(acme.tenant).count() == 2
    create_backend_usage(product, by=BY, backend=acme.backend, path="/echo")
    assert selectors.api_backend_of(acme.tenant, product) is None


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"api_backend": ""}, {"api_backend": ["can't be blank"]}),
        ({"api_backend": "http://localhost"}, {"api_backend": ["can't be localhost"]}),
        (
            {"credentials_location": "cookie"},
            {"credentials_location": ["is not included in the list"]},
        ),
        ({"auth_user_key": "my key"}, {"auth_user_key": ["is invalid"]}),
        ({"error_auth_failed": "no\nlines"}, {"error_auth_failed": ["is invalid"]}),
        ({"error_no_match": ""}, {"error_no_match": ["can't be blank"]}),
        (
            {"error_status_no_match": 199},
            {"error_status_no_match": ["must be greater than or equal to 200"]},
        ),
        (
            {"error_status_no_match": 600},
            {"error_status_no_match": ["must be less than or equal to 599"]},
        ),
        ({"error_status_no_match": "teapot"}, {"error_status_no_match": ["is not a number"]}),
        ({"hostname_rewrite": "http://x"}, {"hostname_rewrite": ["is invalid"]}),
        ({"api_test_path": "no-slash"}, {"api_test_path": ["is invalid"]}),
        ({"secret_token": "a\r\nb"}, {"secret_token": ["is invalid"]}),
        ({"oidc_issuer_type": "saml"}, {"oidc_issuer_type": ["is not included in the list"]}),
        (
            {"jwt_claim_with_client_id_type": "regex"},
            {"jwt_claim_with_client_id_type": ["is not included in the list"]},
        ),
        (
            {"oidc_issuer_endpoint": "ftp://idp.example"},
            {"oidc_issuer_endpoint": ["must start with http://, https://"]},
        ),
        ({"oidc_issuer_endpoint": "https://"}, {"oidc_issuer_endpoint": ["is invalid"]}),
        ({"oidc_issuer_endpoint": "https://@idp"}, {"oidc_issuer_endpoint": ["is invalid"]}),
        (
            {
                "jwt_claim_with_client_id": "{{ azp | upcase }}",
                "jwt_claim_with_client_id_type": "liquid",
            },
            {
                "jwt_claim_with_client_id": [
                    "must be one claim, like {{ azp }} or {{ resource.client_id }}"
                ]
            },
        ),
    ],
)
def test_a_setting_is_refused_and_nothing_is_changed(
    acme: Provider, changes: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    before = selectors.proxy_of(acme.tenant, acme.product).updated_at
    with pytest.raises(ValidationError) as failed:
        services.update_proxy(acme.product, by=BY, **changes)
    assert failed.value.message_dict == errors
    assert selectors.proxy_of(acme.tenant, acme.product).updated_at == before
    assert versions(acme, "sandbox") == []


def test_a_secret_token_is_kept_sealed(acme: Provider) -> None:
    services.update_proxy(acme.product, by=BY, secret_token="my-own-s3cret")
    proxy = selectors.proxy_of(acme.tenant, acme.product)
    assert proxy.secret_token == "my-own-s3cret"
    assert b"my-own-s3cret" not in bytes(proxy.secret_token_sealed)


def test_a_hosted_product_keeps_the_address_of_the_template(acme: Provider) -> None:
    services.update_proxy(acme.product, by=BY, endpoint="https://api.acme.example")
    assert selectors.proxy_of(acme.tenant, acme.product).own_endpoint == ""


def test_a_self_managed_product_has_an_address_that_nobody_else_has(
    acme: Provider, globex: Provider
) -> None:
    def self_managed(provider: Provider) -> Product:
        return provider.another_product("Own", deployment_option="self_managed")

    product = self_managed(acme)
    addresses: dict[str, Any] = {
        "endpoint": "https://api.acme.example",
        "sandbox_endpoint": "https://api.acme.example:8443",  # may be the same host
    }
    services.update_proxy(product, by=BY, api_backend="http://b.example", **addresses)
    services.update_proxy(product, by=BY, **addresses)
    config = selectors.config_in_force(acme.tenant, product, "sandbox")
    assert config
    document = documents.decode(config.content)
    assert document["proxy"]["endpoint"] == "https://api.acme.example:443"
    assert document["proxy"]["sandbox_endpoint"] == "https://api.acme.example:8443"
    assert config.hosts == ["api.acme.example"]
    with pytest.raises(ValidationError) as failed:
        services.update_proxy(self_managed(globex), by=BY, endpoint="http://API.acme.example:80")
    assert failed.value.message_dict == {"endpoint": ["has already been taken"]}
    services.update_proxy(product, by=BY, endpoint="")
    assert selectors.proxy_of(acme.tenant, product).own_host is None


def test_the_second_of_two_editors_is_told_and_the_first_ones_change_stays(acme: Provider) -> None:
    seen = selectors.proxy_of(acme.tenant, acme.product).lock_version
    first = services.update_proxy(acme.product, by=BY, lock_version=seen, auth_user_key="first")
    with pytest.raises(services.EditedMeanwhileError) as failed:
        services.update_proxy(acme.product, by=BY, lock_version=seen, auth_user_key="second")
    assert failed.value.message_dict == {"base": ["Someone else edited the Staging Configuration"]}
    now = selectors.proxy_of(acme.tenant, acme.product)
    assert (now.auth_user_key, now.lock_version) == ("first", first.lock_version)
    assert versions(acme, "sandbox") == [1]
    services.update_proxy(
        acme.product, by=BY, lock_version=now.lock_version, auth_user_key="second"
    )
    services.update_proxy(acme.product, by=BY, auth_user_key="third")  # who does not ask may


def test_a_product_may_have_no_test_call(acme: Provider) -> None:
    services.update_proxy(acme.product, by=BY, api_test_path="")
    assert selectors.proxy_of(acme.tenant, acme.product).api_test_path == ""


def test_the_issuer_is_kept_sealed_for_its_client_secret(acme: Provider) -> None:
    issuer = "https://tollway:s3cret@idp.example/realms/x"
    services.update_proxy(acme.product, by=BY, oidc_issuer_endpoint=issuer)
    proxy = selectors.proxy_of(acme.tenant, acme.product)
    assert proxy.oidc_issuer_endpoint == issuer
    assert b"s3cret" not in bytes(proxy.oidc_issuer_endpoint_sealed)
    event = events_of(acme.tenant).last()
    assert event
    assert event.after["oidc_issuer_endpoint"] == "changed"
    assert "s3cret" not in str(event.after)
    services.update_proxy(acme.product, by=BY, oidc_issuer_endpoint="")
    assert selectors.proxy_of(acme.tenant, acme.product).oidc_issuer_endpoint == ""


def test_flows_are_switched_without_a_new_version(acme: Provider) -> None:
    proxy = services.update_oidc_flows(acme.product, by=BY, implicit_flow_enabled=True)
    assert (proxy.standard_flow_enabled, proxy.implicit_flow_enabled) == (True, True)
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.after) == ("proxy.flows_updated", {"implicit_flow_enabled": True})
    services.update_oidc_flows(acme.product, by=BY, implicit_flow_enabled=True)
    assert events_of(acme.tenant).last() == event
    assert versions(acme, "sandbox") == []
