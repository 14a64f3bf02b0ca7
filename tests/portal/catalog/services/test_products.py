"""Products: what they are made with, how they are named, and how they go."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import selectors
from tollway.portal.catalog.endpoints import production_endpoint
from tollway.portal.catalog.models import MappingRule, Metric, Product
from tollway.portal.catalog.services import create_backend, create_backend_usage, update_proxy
from tollway.portal.catalog.services import products as services
from tollway.portal.events.selectors import events_of


def test_a_new_product_can_be_served_at_once(acme: Provider) -> None:
    product = services.make_product(acme.tenant, {"name": "Pets & Co"})
    assert product.system_name == "pets_co"
    assert (product.state, product.backend_version) == ("incomplete", "1")
    metric = selectors.metrics_of(acme.tenant, product).get()
    assert (metric.system_name, metric.friendly_name, metric.unit) == ("hits", "Hits", "hit")
    rule = selectors.mapping_rules_of(acme.tenant, product).get()
    assert (rule.http_method, rule.pattern, rule.metric, rule.delta) == ("GET", "/", metric, 1)
    proxy = selectors.proxy_of(acme.tenant, product)
    assert len(proxy.secret_token) == len("Shared_secret_sent_from_proxy_to_API_backend_") + 16
    assert len(selectors.service_tokens_of(acme.tenant, product).get().value) == 64


def test_making_a_product_is_part_of_another_change(acme: Provider) -> None:
    before = events_of(acme.tenant).count()
    product = services.make_product(acme.tenant, {"name": "Pets"})
    assert events_of(acme.tenant).count() == before
    assert services.described(product) == {
        "name": "Pets", "system_name": "pets", "backend_version": "1",
    }  # fmt: skip


def test_system_names_are_unique_per_tenant_only(acme: Provider, globex: Provider) -> None:
    assert acme.product.system_name == globex.product.system_name == "api"
    with pytest.raises(ValidationError) as failed:
        services.make_product(acme.tenant, {"name": "Other", "system_name": "api"})
    assert failed.value.message_dict == {"system_name": ["has already been taken"]}
    assert not Product.objects.filter(name="Other").exists()


@pytest.mark.parametrize("name", ["with space", "döt", "a.b", "a/b"])
def test_a_system_name_has_letters_digits_hyphens_and_underscores(
    acme: Provider, name: str
) -> None:
    with pytest.raises(ValidationError) as failed:
        services.make_product(acme.tenant, {"name": "Other", "system_name": name})
    assert failed.value.message_dict == {"system_name": ["is invalid"]}


def test_a_failed_creation_leaves_nothing(acme: Provider) -> None:
    counts = Product.objects.count(), Metric.objects.count(), MappingRule.objects.count()
    with pytest.raises(ValidationError):
        services.make_product(acme.tenant, {"name": ""})
    assert (Product.objects.count(), Metric.objects.count(), MappingRule.objects.count()) == counts


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("incomplete", "publish", "published"),
        ("incomplete", "hide", "hidden"),
        ("incomplete", "take_offline", None),
        ("incomplete", "deprecate", None),
        ("published", "publish", None),
        ("published", "hide", "hidden"),
        ("published", "take_offline", "offline"),
        ("published", "deprecate", "deprecated"),
        ("offline", "publish", "published"),
        ("hidden", "take_offline", "offline"),
        ("deprecated", "publish", "published"),
        ("deprecated", "take_offline", None),
    ],
)
def test_states_change_as_the_table_says(
    acme: Provider, state: str, event: str, after: str | None
) -> None:
    Product.objects.filter(pk=acme.product.pk).update(state=state)
    if after is None:
        with pytest.raises(ValidationError) as failed:
            services.change_product(acme.product, {"state_event": event})
        assert failed.value.message_dict == {"state": [f'cannot transition via "{event}"']}
    else:
        services.change_product(acme.product, {"state_event": event})
    acme.product.refresh_from_db()
    assert acme.product.state == (after or state)


def test_a_product_can_be_made_published(acme: Provider) -> None:
    product = services.make_product(acme.tenant, {"name": "X", "state_event": "publish"})
    assert product.state == "published"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"state_event": "explode"}, "state_event"),
        ({"notification_settings": {"sms": [50]}}, "notification_settings"),
        ({"notification_settings": {"web_buyer": [51]}}, "notification_settings"),
        ({"notification_settings": {"web_buyer": [[]]}}, "notification_settings"),
        ({"notification_settings": {"web_buyer": 50}}, "notification_settings"),
        ({"notification_settings": [50]}, "notification_settings"),
        ({"annotations": {"managed by": "operator"}}, "annotations"),
        ({"annotations": {"managed_by": 1}}, "annotations"),
        ({"annotations": {"managed_by": "x" * 256}}, "annotations"),
        ({"annotations": {f"name{n}": "x" for n in range(51)}}, "annotations"),
        ({"support_email": "nobody"}, "support_email"),
        ({"deployment_option": "plugin_cobol"}, "deployment_option"),
    ],
)
def test_what_a_product_cannot_be_is_refused(
    acme: Provider, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as failed:
        services.change_product(acme.product, {**changes, "name": "Changed"})
    assert list(failed.value.message_dict) == [field]
    acme.product.refresh_from_db()
    assert acme.product.name == "API"


def test_alerts_and_annotations_are_kept_as_given(acme: Provider) -> None:
    levels = {"web_provider": [50, 300], "email_buyer": []}
    changes = {"notification_settings": levels, "annotations": {"managed_by": "operator"}}
    services.change_product(acme.product, changes)
    acme.product.refresh_from_db()
    assert acme.product.notification_settings == levels
    assert acme.product.annotations == {"managed_by": "operator"}


def test_help_is_to_be_had_from_the_tenant_where_the_product_has_no_address(acme: Provider) -> None:
    acme.tenant.support_email = "help@acme.example"
    acme.tenant.save()
    product = Product.objects.get(pk=acme.product.pk)
    assert product.contact_email == "help@acme.example"
    services.change_product(product, {"support_email": "help@acme.example"})
    assert product.support_email == "", "what comes back as it was shown is no change"
    services.change_product(product, {"support_email": "api@acme.example"})
    assert product.contact_email == "api@acme.example"


def test_without_a_gateway_a_product_uses_one_backend(acme: Provider) -> None:
    other = create_backend(acme.tenant, by=BY, name="Other", private_endpoint="http://o.test")
    create_backend_usage(acme.product, by=BY, backend=other, path="/other")
    with pytest.raises(ValidationError) as failed:
        services.change_product(acme.product, {"deployment_option": "service_mesh_istio"})
    assert list(failed.value.message_dict) == ["deployment_option"]
    mesh = acme.another_product(deployment_option="plugin_ruby")
    create_backend_usage(mesh, by=BY, backend=other)
    with pytest.raises(ValidationError) as failed:
        create_backend_usage(mesh, by=BY, backend=acme.backend, path="/echo")
    assert list(failed.value.message_dict) == ["base"]


def test_addresses_of_its_own_end_with_self_management(acme: Provider, globex: Provider) -> None:
    def manage(provider: Provider, option: str, address: str = "") -> Product:
        services.change_product(provider.product, {"deployment_option": option})
        if address:
            update_proxy(provider.product, by=BY, endpoint=address)
        return provider.product

    address = "https://api.example"
    product = manage(acme, "self_managed", address)
    assert production_endpoint(selectors.proxy_of(acme.tenant, product)) == f"{address}:443"
    manage(acme, "hosted")
    proxy = selectors.proxy_of(acme.tenant, acme.product)
    assert production_endpoint(proxy).startswith(f"http://api-{acme.tenant.pk}.gateway.")
    manage(globex, "self_managed", address)


def test_a_product_goes_with_all_its_rows_but_the_last_one_stays(acme: Provider) -> None:
    with pytest.raises(ValidationError) as failed:
        services.delete_product(acme.product, by=BY)
    assert failed.value.message_dict == {"base": ["The last product cannot be deleted"]}
    acme.another_product()
    services.delete_product(acme.product, by=BY)
    assert not acme.account.applications.exists()
    assert acme.backend.usages.count() == 0
    assert [p.name for p in selectors.products_of(acme.tenant)] == ["Another"]
