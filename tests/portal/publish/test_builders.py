"""Building snapshots asks a fixed number of queries, however much there is to build."""

from __future__ import annotations

from typing import Any

import pytest

from portal.people import BY, Provider
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import add_key
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.services import create_backend, create_backend_usage, create_method
from tollway.portal.plans.services import create_application_plan, create_limit
from tollway.portal.publish.builders import build_applications, build_products


def grow(provider: Provider, count: int) -> None:
    """Give the provider ``count`` more of everything."""
    for number in range(count):
        product = provider.another_product(f"Product {number}", backend_version="2")
        backend = create_backend(
            provider.tenant, by=BY, name=f"B {number}", private_endpoint="http://b.example"
        )
        create_backend_usage(product, by=BY, backend=backend)
        method = create_method(product, by=BY, friendly_name="Method")
        plan = create_application_plan(product, by=BY, name="Plan")
        create_limit(plan, method, by=BY, period="day", value=number)
        add_key(provider.another_application(plan=plan), by=BY)


def test_products_cost_the_same_queries_however_many_there_are(
    acme: Provider, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(7):
        assert len(list(build_products(Product.objects.all()))) == 1
    grow(acme, 3)
    with django_assert_num_queries(7):
        built = list(build_products(Product.objects.all()))
    assert [len(product.metrics) for product in built] == [2, 3, 3, 3]


def test_applications_cost_the_same_queries_however_many_there_are(
    acme: Provider, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):
        assert len(list(build_applications(Application.objects.all()))) == 1
    grow(acme, 3)
    with django_assert_num_queries(4):
        built = list(build_applications(Application.objects.all()))
    assert [len(application.keys) for application in built] == [0, 2, 2, 2]


@pytest.mark.parametrize(
    ("version", "wire", "user_keys", "keys"),
    [("1", "1", 1, 0), ("2", "2", 0, 1), ("oidc", "oauth", 0, 1)],
)
def test_modes_are_named_and_keyed_as_on_the_wire(
    acme: Provider, version: str, wire: str, user_keys: int, keys: int
) -> None:
    product = acme.another_product(backend_version=version)
    plan = create_application_plan(product, by=BY, name="Plan")
    application = acme.another_application(plan=plan, keys=["s3cret-key"])
    [document] = build_products(Product.objects.filter(pk=product.pk))
    [record] = build_applications(Application.objects.filter(pk=application.pk))
    assert document.backend_version == wire
    assert (len(record.user_keys), len(record.keys)) == (user_keys, keys)
