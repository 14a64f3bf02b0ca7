"""Products: what they are made with, how they are named, and how they go."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import MappingRule, Metric, Product
from tollway.portal.catalog.services import products as services
from tollway.portal.events.selectors import events_of


def test_a_new_product_can_be_served_at_once(acme: Provider) -> None:
    product = services.create_product(acme.tenant, by=BY, name="Pets & Co")
    assert product.system_name == "pets_co"
    assert (product.state, product.backend_version) == ("incomplete", "1")
    metric = selectors.metrics_of(acme.tenant, product).get()
    assert (metric.system_name, metric.friendly_name, metric.unit) == ("hits", "Hits", "hit")
    rule = selectors.mapping_rules_of(acme.tenant, product).get()
    assert (rule.http_method, rule.pattern, rule.metric, rule.delta) == ("GET", "/", metric, 1)
    proxy = selectors.proxy_of(acme.tenant, product)
    assert len(proxy.secret_token) == len("Shared_secret_sent_from_proxy_to_API_backend_") + 16
    assert len(selectors.service_tokens_of(acme.tenant, product).get().value) == 64


def test_making_a_product_is_one_event(acme: Provider) -> None:
    before = events_of(acme.tenant).count()
    product = services.create_product(acme.tenant, by=BY, name="Pets")
    assert events_of(acme.tenant).count() == before + 1
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.object_kind, event.object_id) == (
        "product.created", "product", str(product.pk),
    )  # fmt: skip
    assert (event.actor_kind, event.actor_id) == ("user", "1")


def test_system_names_are_unique_per_tenant_only(acme: Provider, globex: Provider) -> None:
    assert acme.product.system_name == globex.product.system_name == "api"
    with pytest.raises(ValidationError) as failed:
        services.create_product(acme.tenant, by=BY, name="Other", system_name="api")
    assert failed.value.message_dict == {"system_name": ["has already been taken"]}
    assert not Product.objects.filter(name="Other").exists()


@pytest.mark.parametrize("name", ["with space", "döt", "a.b", "a/b"])
def test_a_system_name_has_letters_digits_hyphens_and_underscores(
    acme: Provider, name: str
) -> None:
    with pytest.raises(ValidationError) as failed:
        services.create_product(acme.tenant, by=BY, name="Other", system_name=name)
    assert failed.value.message_dict == {"system_name": ["is invalid"]}


def test_a_failed_creation_leaves_nothing(acme: Provider) -> None:
    counts = Product.objects.count(), Metric.objects.count(), MappingRule.objects.count()
    with pytest.raises(ValidationError):
        services.create_product(acme.tenant, by=BY, name="")
    assert (Product.objects.count(), Metric.objects.count(), MappingRule.objects.count()) == counts


def test_an_update_without_a_change_is_no_event(acme: Provider) -> None:
    before = events_of(acme.tenant).count()
    services.update_product(acme.product, by=BY, name=acme.product.name)
    assert events_of(acme.tenant).count() == before
    services.update_product(acme.product, by=BY, name="Renamed")
    event = events_of(acme.tenant).last()
    assert event
    assert (event.before, event.after) == ({"name": "API"}, {"name": "Renamed"})


def test_a_product_goes_with_all_its_rows_but_the_last_one_stays(acme: Provider) -> None:
    with pytest.raises(ValidationError) as failed:
        services.delete_product(acme.product, by=BY)
    assert failed.value.message_dict == {"base": ["The last product cannot be deleted"]}
    acme.another_product()
    services.delete_product(acme.product, by=BY)
    assert not acme.account.applications.exists()
    assert acme.backend.usages.count() == 0
    assert [p.name for p in selectors.products_of(acme.tenant)] == ["Another"]
