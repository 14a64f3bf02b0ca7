"""Metrics and methods of products and backends."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.catalog import selectors
from tollway.portal.catalog.models import Backend, Product
from tollway.portal.catalog.services import (
    create_mapping_rule,
    delete_mapping_rule,
    deploy,
    promote,
)
from tollway.portal.catalog.services import metrics as services
from tollway.portal.plans.services import create_limit


@pytest.fixture(params=["product", "backend"])
def owner(request: pytest.FixtureRequest, acme: Provider) -> Product | Backend:
    found: Product | Backend = getattr(acme, request.param)
    return found


def test_methods_stand_below_hits_and_have_no_unit(owner: Product | Backend) -> None:
    method = services.create_method(owner, by=BY, friendly_name="Find a pet")
    assert method.parent == selectors.hits_of(owner.tenant, owner)
    assert (method.system_name, method.unit) == ("find_a_pet", "")
    assert list(selectors.methods_of(owner.tenant, owner)) == [method]
    assert not method.is_hits


def test_a_backend_s_metric_carries_its_backend_s_id_on_the_wire(acme: Provider) -> None:
    hits = selectors.hits_of(acme.tenant, acme.backend)
    assert (hits.system_name, hits.wire_name) == ("hits", f"hits.{acme.backend.pk}")
    assert acme.hits.wire_name == "hits"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"unit": "1"}, {"friendly_name": ["can't be blank"]}),
        ({"friendly_name": "Search"}, {"unit": ["can't be blank"]}),
        ({"friendly_name": "Hits", "unit": "1"}, {"friendly_name": ["has already been taken"]}),
        (
            {"friendly_name": "Other", "system_name": "hits", "unit": "1"},
            {"system_name": ["has already been taken"]},
        ),
        (
            {"friendly_name": "Other", "system_name": "a b", "unit": "1"},
            {"system_name": ["is invalid"]},
        ),
    ],
)
def test_a_metric_is_refused(
    owner: Product | Backend, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as failed:
        services.create_metric(owner, by=BY, **fields)
    assert failed.value.message_dict == errors


def test_a_method_below_anything_but_hits_is_refused(acme: Provider) -> None:
    metric = services.create_metric(acme.product, by=BY, friendly_name="Bytes", unit="byte")
    with pytest.raises(ValidationError) as failed:
        services.create_method(acme.product, by=BY, parent=metric, friendly_name="Search")
    assert failed.value.message_dict == {"parent_id": ["must be the metric hits"]}


@pytest.mark.parametrize("name", ["a-b_c.d/e", "V1", "hits.7"])
def test_a_metric_s_system_name_may_have_dots_and_slashes(acme: Provider, name: str) -> None:
    metric = services.create_metric(
        acme.product, by=BY, friendly_name="M", system_name=name, unit="1"
    )
    assert metric.system_name == name


def test_a_metric_changes_all_but_its_system_name(acme: Provider) -> None:
    metric = services.create_metric(acme.product, by=BY, friendly_name="Bytes", unit="byte")
    services.update_metric(metric, by=BY, friendly_name="Octets", unit="octet", description="8 bit")
    metric.refresh_from_db()
    assert (metric.system_name, metric.friendly_name, metric.unit) == ("bytes", "Octets", "octet")


def test_hits_cannot_be_deleted(owner: Product | Backend) -> None:
    with pytest.raises(ValidationError) as failed:
        services.delete_metric(selectors.hits_of(owner.tenant, owner), by=BY)
    assert failed.value.message_dict == {"base": ["The metric hits cannot be deleted"]}


def test_a_metric_goes_with_its_limits_and_rules(acme: Provider) -> None:
    method = services.create_method(acme.product, by=BY, friendly_name="Search")
    create_limit(acme.plan, method, by=BY, period="day", value=1)
    create_mapping_rule(
        acme.product, by=BY, metric=method, http_method="GET", pattern="/search", delta=1
    )
    services.delete_metric(method, by=BY)
    assert not acme.plan.limits.exists()
    assert [r.pattern for r in selectors.mapping_rules_of(acme.tenant, acme.product)] == ["/"]


def test_a_metric_that_production_counts_is_kept_until_it_does_not(
    owner: Product | Backend, acme: Provider
) -> None:
    method = services.create_method(owner, by=BY, friendly_name="Search")
    rule = create_mapping_rule(
        owner, by=BY, metric=method, http_method="GET", pattern="/search", delta=1
    )
    deploy(acme.product, by=BY)
    promote(acme.product, by=BY, version=1)
    delete_mapping_rule(rule, by=BY)
    with pytest.raises(ValidationError) as failed:
        services.delete_metric(method, by=BY)
    assert failed.value.message_dict == {"base": ["A configuration in production uses this metric"]}
    deploy(acme.product, by=BY)
    promote(acme.product, by=BY, version=2)
    services.delete_metric(method, by=BY)
    assert not selectors.methods_of(owner.tenant, owner).exists()


def test_a_metric_says_whether_a_rule_counts_it(acme: Provider) -> None:
    search = services.create_method(acme.product, by=BY, friendly_name="Search")

    def unmapped(owner: Product | Backend) -> list[str]:
        metrics = selectors.metrics_with_mapping_of(acme.tenant, owner)
        mapped = metrics.values_list("system_name", "is_mapped")  # type: ignore[misc]
        return [name for name, is_mapped in mapped if not is_mapped]

    assert (unmapped(acme.product), unmapped(acme.backend)) == (["search"], ["hits"])
    for metric in (search, acme.backend.metrics.get()):  # a product's rules may count both
        create_mapping_rule(acme.product, by=BY, metric=metric, http_method="GET", pattern="/s")
    assert (unmapped(acme.product), unmapped(acme.backend)) == ([], [])
