"""The mark beside a configuration: what is set but not in force."""

from __future__ import annotations

from portal.people import BY, Provider
from tollway.portal.catalog import pending
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import (
    create_backend_usage,
    create_mapping_rule,
    create_service_token,
    delete_mapping_rule,
    deploy,
    promote,
    update_backend,
    update_proxy,
)
from tollway.portal.plans.services import create_limit


def marks(acme: Provider, product: Product | None = None) -> tuple[bool, bool]:
    found = pending.pending_changes(acme.tenant, product or acme.product)
    return found.staging, found.production


def test_a_change_is_marked_until_it_is_deployed_and_promoted(acme: Provider) -> None:
    assert marks(acme) == (True, False), "nothing was ever deployed"
    deploy(acme.product, by=BY)
    assert marks(acme) == (False, True)
    promote(acme.product, by=BY, version=1)
    assert marks(acme) == (False, False)
    rule = create_mapping_rule(
        acme.product, by=BY, metric=acme.hits, http_method="GET", pattern="/x"
    )
    assert marks(acme) == (True, False)
    delete_mapping_rule(rule, by=BY)
    assert marks(acme) == (False, False), "what was taken back is no change"
    update_backend(acme.backend, by=BY, private_endpoint="https://other.example")
    assert marks(acme) == (True, False)
    deploy(acme.product, by=BY)
    update_proxy(acme.product, by=BY, auth_user_key="key")
    assert marks(acme) == (False, True)
    promote(acme.product, by=BY, version=2)
    assert marks(acme) == (False, True), "staging is at 3"
    promote(acme.product, by=BY, version=3)
    assert marks(acme) == (False, False)


def test_what_needs_no_deploy_is_not_marked(acme: Provider) -> None:
    deploy(acme.product, by=BY)
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    acme.another_application()
    acme.product.save(update_fields=["updated_at"])
    assert marks(acme) == (False, True)


def test_without_gateways_only_a_mesh_is_marked_and_in_production_only(acme: Provider) -> None:
    mesh, plugin = (
        acme.another_product(name, deployment_option=option)
        for name, option in (("Mesh", "service_mesh_istio"), ("Plugin", "plugin_php"))
    )
    assert marks(acme, mesh) == (False, False), "it has no backend"
    for product in (mesh, plugin):
        create_backend_usage(product, by=BY, backend=acme.backend)
    assert marks(acme, plugin) == (False, False)
    assert marks(acme, mesh) == (False, True)
    deploy(mesh, by=BY)
    assert marks(acme, mesh) == (False, False)


def test_a_token_is_used_where_a_configuration_in_force_has_it(acme: Provider) -> None:
    first = acme.product.service_tokens.get()
    assert pending.environments_using(acme.tenant, first) == []
    deploy(acme.product, by=BY)
    promote(acme.product, by=BY, version=1)
    assert pending.environments_using(acme.tenant, first) == ["sandbox", "production"]
    second = create_service_token(acme.product, by=BY)
    deploy(acme.product, by=BY)
    assert pending.environments_using(acme.tenant, first) == ["production"]
    assert pending.environments_using(acme.tenant, second) == ["sandbox"]
