"""Gateways' configuration: changed, deployed to staging, promoted to production."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.catalog.services import create_backend_usage, create_mapping_rule
from tollway.portal.catalog.services import proxies as services
from tollway.portal.events.actors import Actor
from tollway.portal.events.selectors import events_of


def versions(provider: Provider, environment: str) -> list[int]:
    configs = selectors.proxy_configs_of(provider.tenant, provider.product, environment)
    return [config.version for config in configs]


def test_deploying_twice_is_deploying_once(acme: Provider) -> None:
    services.deploy(acme.product, by=BY)
    services.deploy(acme.product, by=BY)
    assert versions(acme, "sandbox") == [1]
    assert [e.kind for e in events_of(acme.tenant)].count("proxy.deployed") == 1
    create_mapping_rule(
        acme.product, by=BY, metric=acme.hits, http_method="GET", pattern="/x", delta=1
    )
    services.deploy(acme.product, by=BY)
    assert versions(acme, "sandbox") == [1, 2]


def test_every_update_of_the_proxy_is_a_version_as_in_3scale(acme: Provider) -> None:
    services.update_proxy(acme.product, by=BY, auth_user_key="api_key")
    services.update_proxy(acme.product, by=BY, auth_user_key="api_key")
    assert versions(acme, "sandbox") == [1, 2]
    config = selectors.config_in_force(acme.tenant, acme.product, "sandbox")
    assert config
    assert documents.decode(config.content)["proxy"]["auth_user_key"] == "api_key"


def test_a_version_says_who_wrote_it_and_where_it_is_served(acme: Provider) -> None:
    services.deploy(acme.product, by=Actor("user", str(acme.admin.pk)))
    config = selectors.config_in_force(acme.tenant, acme.product, "sandbox")
    assert config
    assert config.author == acme.admin
    name = f"api-{acme.tenant.pk}"
    assert config.hosts == [f"{name}.gateway.localhost", f"{name}.staging.gateway.localhost"]
    assert b"user_key" not in bytes(config.content_sealed)


def test_promoting_keeps_the_number_and_older_versions_can_come_back(acme: Provider) -> None:
    for name in ("one", "two", "three"):
        services.update_proxy(acme.product, by=BY, auth_user_key=name)

    def in_force() -> str:
        config = selectors.config_in_force(acme.tenant, acme.product, "production")
        assert config
        return str(documents.decode(config.content)["proxy"]["auth_user_key"])

    services.promote(acme.product, by=BY, version=3)
    assert in_force() == "three"
    services.promote(acme.product, by=BY, version=1)
    assert (versions(acme, "production"), in_force()) == ([3, 1], "one")
    assert selectors.proxy_of(acme.tenant, acme.product).deployed_at
    services.deploy(acme.product, by=BY)
    assert versions(acme, "sandbox") == [1, 2, 3], "to promote is no change of configuration"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"version": 1}, {"version": ["has already been taken"]}),
        ({"version": 9}, {"version": ["does not exist"]}),
        ({"version": 1, "to": "moon"}, {"to": ["is not included in the list"]}),
        ({"version": 1, "to": "sandbox"}, {"version": ["has already been taken"]}),
    ],
)
def test_a_promotion_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    services.deploy(acme.product, by=BY)
    services.promote(acme.product, by=BY, version=1)
    with pytest.raises(ValidationError) as failed:
        services.promote(acme.product, by=BY, **fields)
    assert failed.value.message_dict == errors


def test_without_a_backend_nothing_is_deployed(acme: Provider) -> None:
    product = acme.another_product()
    with pytest.raises(ValidationError) as failed:
        services.deploy(product, by=BY)
    assert failed.value.message_dict == {"api_backend": ["can't be blank"]}
    services.update_proxy(product, by=BY, auth_user_key="key")
    assert not ProxyConfig.objects.filter(product=product).exists()


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
    addresses = {
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
