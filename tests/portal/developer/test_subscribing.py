"""Subscribing to an API: the choice of a plan, approval, terms; applications come after."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.developer.test_subscriptions import LIST, switched_on
from portal.developer.visiting import text
from portal.people import BY, Provider
from tollway.portal.catalog.models import Product
from tollway.portal.developer import agreeing, subscribing
from tollway.portal.events.models import Event
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.services import (
    create_application_plan,
    create_service_plan,
    set_default_plan,
    update_plan,
)
from tollway.portal.storefront.models import Acceptance, Terms
from tollway.portal.storefront.services import set_terms

pytestmark = pytest.mark.django_db
NEW = f"{LIST}/new"
MAKE = "/admin/applications/new"


def maps(provider: Provider, **terms: Any) -> ServicePlan:
    """Return the only service plan of a new product, which has a default application plan."""
    product = provider.another_product("Maps")
    plan = create_application_plan(product, by=BY, name="Free", published=True)
    set_default_plan(product, plan, by=BY)
    found = product.service_plans.get()
    update_plan(found, by=BY, **terms)
    return found


def made(plan: ServicePlan) -> ServiceSubscription | None:
    return ServiceSubscription.objects.filter(product=plan.product).first()


def send(client: Client, plan: ServicePlan, **fields: str) -> Any:
    return client.post(NEW, {"service_plan_id": str(plan.pk), **fields})


def test_where_there_is_one_plan_it_is_shown_and_taken(acme: Provider) -> None:
    plan = maps(acme, cost_per_month=5, trial_period_days=30)
    client = switched_on(acme)
    page = text(client.get(f"{NEW}?service_id={plan.product_id}"))
    for said in ("Subscribe to Maps", "Default", "A month EUR 5.00", "Free trial 30 days"):
        assert said in page, said
    assert "approves it" not in page
    answer: Any = send(client, plan)
    found = made(plan)
    assert found is not None
    assert (found.plan, found.state) == (plan, "live")
    assert answer["Location"] == f"/admin/service_contracts/{found.pk}"
    there = text(client.get(answer["Location"]))
    assert "You are subscribed to Maps" in there
    assert "New application" in there
    event = Event.objects.filter(kind="service_subscription.created").latest("id")
    assert event.actor_id == str(acme.developer.pk)
    assert send(client, plan)["Location"] == answer["Location"], "it is there once"


def test_of_several_plans_one_is_chosen(acme: Provider) -> None:
    plan = maps(acme)
    gold = create_service_plan(
        plan.product, by=BY, name="Gold", published=True, cost_per_month=20, approval_required=True
    )
    create_service_plan(plan.product, by=BY, name="Inner")
    client = switched_on(acme)
    page = client.get(f"{NEW}?service_id={plan.product_id}")
    for said in ("Choose Default", "Choose Gold", "EUR 20.00 a month", "Approval needed No Yes"):
        assert said in text(page), said
    assert "Inner" not in text(page)
    assert f"?service_plan_id={gold.pk}" in page.content.decode()
    confirm = text(client.get(f"{NEW}?service_plan_id={gold.pk}"))
    assert "approves it" in confirm
    assert "Other plans" in confirm


def test_a_plan_that_asks_for_approval_lets_it_wait(acme: Provider) -> None:
    plan = maps(acme, approval_required=True)
    client = switched_on(acme)
    page = text(client.get(str(send(client, plan)["Location"])))
    assert "You asked to subscribe to Maps" in page
    assert "This subscription waits for approval" in page
    assert "New application" not in page
    found = made(plan)
    assert found is not None
    assert found.state == "pending"
    assert client.post(f"/admin/service_contracts/{found.pk}/delete").status_code == 302
    assert made(plan) is None, "and it may be taken back"


def test_what_is_not_offered_cannot_be_had(acme: Provider, globex: Provider) -> None:
    plan = maps(acme)
    inner = create_service_plan(plan.product, by=BY, name="Inner")
    theirs = globex.another_product("Theirs").service_plans.get()
    client = switched_on(acme)
    for wrong in (inner.pk, theirs.pk, "x", "9" * 40):
        assert client.get(NEW, {"service_plan_id": wrong}).status_code == 404
        assert client.post(NEW, {"service_plan_id": wrong}).status_code == 404
    assert client.get(NEW, {"service_id": globex.product.pk}).status_code == 404
    Product.objects.filter(pk=plan.product_id).update(state="deprecated")
    assert send(client, plan).status_code == 404
    assert made(plan) is None
    assert "Subscriptions" in text(client.get(NEW)), "what is to be subscribed to is chosen there"
    assert subscribing.new.__name__ == "new"


def test_terms_are_accepted_before_anything_is_made(acme: Provider) -> None:
    plan = maps(acme)
    set_terms(acme.tenant, Terms.Kind.SUBSCRIPTION, "Of the API.", by=BY)
    client = switched_on(acme)
    assert "Of the API." in text(client.get(f"{NEW}?service_plan_id={plan.pk}"))
    refused = send(client, plan)
    assert refused.status_code == 422
    assert agreeing.NEEDED in text(refused)
    assert made(plan) is None
    assert send(client, plan, **{f"terms_{Terms.objects.get().pk}": "yes"}).status_code == 302
    assert Acceptance.objects.get().user == acme.developer


def test_an_application_leads_through_subscribing_where_that_takes_a_person(
    acme: Provider,
) -> None:
    plan = maps(acme, approval_required=True)
    client = switched_on(acme)
    first = f"{NEW}?service_id={plan.product_id}"
    assert client.get(f"{MAKE}?product={plan.product_id}")["Location"] == first
    assert "Subscribe first" in text(client.get("/plans"))
    assert first in client.get("/plans").content.decode()
    set_default_plan(acme.product, acme.plan, by=BY)
    another = acme.another_product("Buses")
    set_default_plan(
        another, create_application_plan(another, by=BY, name="Free", published=True), by=BY
    )
    assert "Subscribe to another API" in text(client.get(MAKE))


def test_without_any_subscription_the_dashboard_leads_to_one(acme: Provider) -> None:
    client = switched_on(acme)
    acme.application.delete()
    ServiceSubscription.objects.all().delete()
    ServicePlan.objects.update(approval_required=True)
    assert "Subscribe to an API" in text(client.get("/admin"))
    page = client.get(MAKE)
    assert page.status_code == 403
    assert "Subscribe to an API first" in text(page)


def test_a_default_plan_without_approval_comes_with_the_application_and_is_said(
    acme: Provider,
) -> None:
    plan = maps(acme, cost_per_month=5)
    client = switched_on(acme)
    page = text(client.get(f"{MAKE}?product={plan.product_id}"))
    assert "It subscribes you to Maps, on the service plan Default, EUR 5.00 a month." in page
    client.post(MAKE, {"product": str(plan.product_id), "name": "Second"})
    found = made(plan)
    assert found is not None
    assert found.state == "live"
