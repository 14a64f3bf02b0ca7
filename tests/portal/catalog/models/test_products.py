"""Products, by what follows from their columns."""

from __future__ import annotations

import pytest

from tollway.portal.catalog.models.products import Product

OPTIONS = Product.DeploymentOption


@pytest.mark.parametrize("option", OPTIONS)
def test_a_gateway_of_ours_serves_hosted_and_self_managed_products(option: str) -> None:
    product = Product(deployment_option=option)
    assert product.has_gateway == (option in {"hosted", "self_managed"})
    assert product.in_service_mesh == (option == "service_mesh_istio")


def test_there_is_a_plugin_for_each_of_seven_kinds_of_code() -> None:
    plugins = [option for option in OPTIONS.values if option.startswith("plugin_")]
    assert len(plugins) == 7


@pytest.mark.parametrize(("mode", "wire"), [("1", "1"), ("2", "2"), ("oidc", "oauth")])
def test_a_mode_has_a_name_of_its_own_on_the_wire(mode: str, wire: str) -> None:
    assert Product(backend_version=mode).wire_backend_version == wire
