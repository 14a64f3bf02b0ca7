"""Versions of gateways' configuration: deployed to staging, promoted, and brought back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.models import Product, ProxyConfig
from tollway.portal.catalog.services import create_backend_usage, create_mapping_rule, update_proxy
from tollway.portal.catalog.services import deployment as services
from tollway.portal.events.actors import Actor
from tollway.portal.events.selectors import events_of


def versions(provider: Provider, environment: str, product: Product | None = None) -> list[int]:
    product = product or provider.product
    configs = selectors.proxy_configs_of(provider.tenant, product, environment)
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
        update_proxy(acme.product, by=BY, auth_user_key=name)

    def in_force() -> str:
        config = selectors.config_in_force(acme.tenant, acme.product, "production")
        assert config
        return str(documents.decode(config.content)["proxy"]["auth_user_key"])

    services.promote(acme.product, by=BY, version=3)
    assert in_force() == "three"
    services.promote(acme.product, by=BY, version=1)
    assert (versions(acme, "production"), in_force()) == ([3, 1], "one")
    services.promote(acme.product, by=Actor("user", str(acme.admin.pk)), version=3)
    assert (versions(acme, "production"), in_force()) == ([3, 1, 3], "three"), "also back again"
    history = selectors.proxy_configs_of(acme.tenant, acme.product, "production")
    assert [config.author for config in history] == [None, None, acme.admin]
    newest = selectors.config_of_version(acme.tenant, acme.product, "production", 3)
    assert newest == history.last()
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
    update_proxy(product, by=BY, auth_user_key="key")
    assert not ProxyConfig.objects.filter(product=product).exists()


def test_a_version_brought_back_to_staging_is_followed_by_a_new_one(acme: Provider) -> None:
    for name in ("one", "two"):
        update_proxy(acme.product, by=BY, auth_user_key=name)
    services.promote(acme.product, by=BY, version=1)
    services.promote(acme.product, by=BY, version=1, source="production", to="sandbox")
    assert versions(acme, "sandbox") == [1, 2, 1]
    services.deploy(acme.product, by=BY)
    assert versions(acme, "sandbox") == [1, 2, 1, 3], "what is set now differs from version 1"


def test_a_service_mesh_is_configured_in_production_at_once(acme: Provider) -> None:
    mesh = acme.another_product("Mesh", deployment_option="service_mesh_istio")
    create_backend_usage(mesh, by=BY, backend=acme.backend)
    update_proxy(mesh, by=BY, auth_user_key="key")
    assert versions(acme, "sandbox", mesh) == [], "only by a deploy"
    for _ in range(2):
        services.deploy(mesh, by=BY)
    assert versions(acme, "sandbox", mesh) == versions(acme, "production", mesh) == [1]
    config = selectors.config_in_force(acme.tenant, mesh, "production")
    assert config
    document = documents.decode(config.content)
    assert (document["proxy"]["endpoint"], config.hosts) == (None, [])
    assert not documents.served_by_gateways(document)
    create_mapping_rule(mesh, by=BY, metric=mesh.metrics.get(), http_method="GET", pattern="/x")
    services.deploy(mesh, by=BY)
    assert versions(acme, "production", mesh) == [1, 2]


def test_a_plugin_has_no_configuration(acme: Provider) -> None:
    plugin = acme.another_product("Plugin", deployment_option="plugin_python")
    create_backend_usage(plugin, by=BY, backend=acme.backend)
    update_proxy(plugin, by=BY, auth_user_key="key")
    with pytest.raises(ValidationError, match="no gateway to configure"):
        services.deploy(plugin, by=BY)
    assert not ProxyConfig.objects.filter(product=plugin).exists()


def test_a_configuration_that_is_too_long_is_refused(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "CONTENT_BYTES_MAX", 1000)
    with pytest.raises(ValidationError) as failed:
        services.deploy(acme.product, by=BY)
    assert failed.value.message_dict == {"content": ["is too long (maximum is 2 MB)"]}
    assert versions(acme, "sandbox") == []


def test_touching_a_row_is_no_version(acme: Provider) -> None:
    services.deploy(acme.product, by=BY)
    acme.product.save(update_fields=["updated_at"])
    acme.product.proxy.save(update_fields=["updated_at"])
    services.deploy(acme.product, by=BY)
    assert versions(acme, "sandbox") == [1]
