"""Finding applications: by what is known of them, in a fixed number of queries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.people import BY, Provider
from tollway.portal.applications import selectors
from tollway.portal.applications.selectors import Filter
from tollway.portal.applications.services import change_state, customize_plan, regenerate_user_key
from tollway.portal.plans.services import create_application_plan

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def found(provider: Provider, **wanted: Any) -> list[str]:
    applications = selectors.matching_applications(provider.tenant, Filter(**wanted))
    return [application.name for application in applications]


@pytest.fixture
def three(acme: Provider) -> Provider:
    """Acme with a free, a paid and a suspended application, the last on a product of its own."""
    paid = create_application_plan(acme.product, by=BY, name="Paid", cost_per_month=5)
    acme.another_application(
        name="Paid", plan=paid, first_daily_traffic_at=datetime(2026, 5, 1, tzinfo=UTC)
    )
    other = create_application_plan(acme.another_product(backend_version="2"), by=BY, name="Other")
    suspended = acme.another_application(name="Off", plan=other, application_id="its-id")
    change_state(suspended, "suspend", by=BY)
    return acme


def test_applications_are_found_by_what_is_known_of_them(three: Provider) -> None:
    paid = three.product.application_plans.get(name="Paid")
    for wanted, names in (
        ({}, ["App", "Paid", "Off"]),
        ({"state": "suspended"}, ["Off"]),
        ({"product_id": three.product.pk}, ["App", "Paid"]),
        ({"plan_id": paid.pk}, ["Paid"]),
        ({"plan_type": "paid"}, ["Paid"]),
        ({"plan_type": "free"}, ["App", "Off"]),
        ({"plan_type": "other"}, ["App", "Paid", "Off"]),
        ({"active_since": datetime(2026, 4, 1, tzinfo=UTC)}, ["Paid"]),
        ({"inactive_since": datetime(2026, 4, 1, tzinfo=UTC)}, ["App", "Off"]),
        ({"text": "pa"}, ["Paid"]),
        ({"text": "its-id"}, ["Off"]),
        ({"text": "its"}, []),
        ({"text": str(three.application.pk)}, ["App"]),
        ({"text": "9" * 400}, []),
        ({"text": "²"}, []),  # a digit, but not a number
        ({"text": three.application.user_key}, ["App"]),
        ({"text": three.application.user_key, "state": "suspended"}, []),
    ):
        assert found(three, **wanted) == names, wanted


def test_a_replaced_user_key_finds_its_application_while_it_opens_it(three: Provider) -> None:
    old = three.application.user_key
    regenerate_user_key(three.application, by=BY, keep_until=LATER)
    for key in (old, three.application.user_key):
        assert found(three, text=key) == ["App"]
        assert selectors.application_by_user_key(three.tenant, key) == three.application
        assert selectors.application_by_user_key(three.tenant, key, three.product.pk)
    other = three.tenant.products.exclude(pk=three.product.pk).get()
    assert selectors.application_by_user_key(three.tenant, old, other.pk) is None


def test_an_application_on_a_plan_of_its_own_costs_what_that_plan_costs(three: Provider) -> None:
    customize_plan(selectors.applications_of(three.tenant).get(name="Paid"), by=BY)
    assert found(three, plan_type="paid") == ["Paid"]


def test_a_stranger_finds_nothing(three: Provider, globex: Provider) -> None:
    for text in ("Paid", "its-id", three.application.user_key):
        assert found(globex, text=text) == []


def test_a_look_up_costs_the_same_queries_however_many_products_there_are(
    three: Provider, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        three.another_product(f"More {number}")
    with django_assert_num_queries(2):
        assert selectors.application_by_user_key(three.tenant, three.application.user_key)
    with django_assert_num_queries(2):
        assert found(three, text=three.application.user_key) == ["App"]
    with django_assert_num_queries(1):
        assert selectors.application_by_app_id(three.tenant, "its-id")
