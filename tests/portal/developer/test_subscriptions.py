"""Subscriptions of developers: seen, moved to another plan, ended, where the provider uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import change_state, change_subscription_state
from tollway.portal.catalog.models import Product
from tollway.portal.developer import changing, contracts, subscriptions
from tollway.portal.events.models import Event
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.services import (
    add_feature,
    create_feature,
    create_service_plan,
    set_default_plan,
    subscribe,
    wish_for,
)
from tollway.portal.plans.services.wishes import WISHES_MAX

pytestmark = pytest.mark.django_db
LIST = "/admin/services"


def switched_on(provider: Provider, rule: str = "request") -> Client:
    """Return a developer's browser; the provider uses service plans, by this rule."""
    update_settings(
        provider.tenant, by=BY, service_plans_ui_visible=True, change_service_plan_permission=rule
    )
    return developer(provider)


def subscription_of(provider: Provider) -> ServiceSubscription:
    return ServiceSubscription.objects.get(account=provider.account, product=provider.product)


def one(provider: Provider) -> str:
    return f"/admin/service_contracts/{subscription_of(provider).pk}"


def gold(provider: Provider, **fields: Any) -> ServicePlan:
    fields = {"name": "Gold", "published": True, "cost_per_month": 20, **fields}
    return create_service_plan(provider.product, by=BY, **fields)


def test_while_the_switch_is_off_there_is_no_trace_of_it(acme: Provider) -> None:
    client = developer(acme)
    for path in (LIST, f"{LIST}/new", one(acme), f"{one(acme)}/plan"):
        assert client.get(path).status_code == 404, path
    assert client.post(f"{one(acme)}/delete").status_code == 404
    assert LIST not in client.get("/admin").content.decode()


def test_the_list_shows_what_there_is_and_what_one_has(acme: Provider, globex: Provider) -> None:
    acme.another_product("Maps", description="Where buses are")
    hidden = acme.another_product("Inner")
    Product.objects.filter(pk=hidden.pk).update(state="hidden")
    no_plan = acme.another_product("Closed")
    ServicePlan.objects.filter(product=no_plan).update(state="hidden")
    globex.another_product("Stranger")
    client = switched_on(acme)
    assert f'href="{LIST}"' in client.get("/admin").content.decode()
    page = client.get(LIST)
    said = text(page)
    assert "API Default Live" in said
    assert "Maps Where buses are None Subscribe" in said
    assert "Subscribe to Maps" in page.content.decode()
    for name in ("Inner", "Closed", "Stranger"):
        assert name not in said
    assert "No APIs match" in text(client.get(f"{LIST}?q=nothing"))
    assert "Maps" not in text(client.get(f"{LIST}?q=api"))


def test_a_list_of_many_takes_as_many_questions_as_one(acme: Provider) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    client = switched_on(acme)
    asked()
    few = asked()
    for number in range(8):
        product = acme.another_product(f"Product {number}")
        if number % 2:
            subscribe(acme.account, product.service_plans.get(), by=BY)
    assert asked() == few


def test_its_page_says_what_it_is_and_what_hangs_on_it(acme: Provider) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    plan = gold(acme, setup_fee=5, trial_period_days=30, cancellation_period=14)
    add_feature(plan, create_feature(acme.product, by=BY, name="Phone", scope=plan.kind), by=BY)
    ServiceSubscription.objects.filter(pk=subscription_of(acme).pk).update(plan=plan)
    page = text(switched_on(acme).get(one(acme)))
    for said in (
        "API Live", "A month EUR 20.00", "Setup fee, once EUR 5.00", "Free trial 30 days",
        "Notice 14 days", "Phone", "The free trial lasts until", "App Basic Live",
        "New application",
    ):  # fmt: skip
        assert said in page, said


@pytest.mark.parametrize(
    ("state", "said"), [("pending", "waits for approval"), ("suspended", "is suspended")]
)
def test_its_state_is_said_and_what_that_means(acme: Provider, state: str, said: str) -> None:
    ServiceSubscription.objects.filter(pk=subscription_of(acme).pk).update(state=state)
    page = text(switched_on(acme).get(one(acme)))
    assert f"This subscription {said}" in page
    assert "New application" not in page


def test_another_plan_is_taken_where_the_rule_says_so(acme: Provider) -> None:
    plan = gold(acme, setup_fee=5)
    add_feature(plan, create_feature(acme.product, by=BY, name="Phone", scope=plan.kind), by=BY)
    client, path = switched_on(acme, "direct"), f"{one(acme)}/plan"
    page = text(client.get(path))
    assert "Plans for API" in page
    assert "Change to Gold" in page
    page = text(client.get(path, {"plan": plan.pk}))
    for said in ("A month Free EUR 20.00", "Setup fee, once EUR 0.00 EUR 5.00", "Phone No Yes"):
        assert said in page, said
    assert "Used now" not in page
    assert subscription_of(acme).plan != plan, "looking changes nothing"
    answer = client.post(path, {"plan": plan.pk})
    assert answer["Location"] == one(acme)
    assert subscription_of(acme).plan == plan
    assert "API is on Gold" in text(client.get(one(acme)))
    event = Event.objects.filter(kind="service_subscription.plan_changed").latest("id")
    assert event.actor_id == str(acme.developer.pk)


def test_another_plan_is_asked_for_where_the_rule_says_so(acme: Provider) -> None:
    plan = gold(acme)
    client, path = switched_on(acme), f"{one(acme)}/plan"
    assert "Ask for Gold?" in text(client.get(path, {"plan": plan.pk}))
    client.post(path, {"plan": plan.pk})
    assert subscription_of(acme).plan != plan
    assert "You asked for the plan Gold" in text(client.get(one(acme)))
    client.post(path, {"plan": plan.pk})
    assert "You have asked for Gold already" in text(client.get(path))
    assert wish_for("service_subscription", subscription_of(acme)) is not None


def test_many_plans_side_by_side_take_as_many_questions_as_few(acme: Provider) -> None:
    client, path = switched_on(acme), f"{one(acme)}/plan"
    gold(acme)
    addresses = (path, f"{LIST}/new?service_id={acme.another_product('Maps').pk}")
    maps = ServicePlan.objects.get(product__name="Maps")
    create_service_plan(maps.product, by=BY, name="Other", published=True)

    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    few = [asked(address) for address in addresses for _ in range(2)][1::2]
    for product in (acme.product, maps.product):
        for number in range(8):
            create_service_plan(product, by=BY, name=f"Plan {number}", published=True)
    assert [asked(address) for address in addresses] == few


def test_wishes_in_turn_are_not_mailed_without_end(acme: Provider) -> None:
    plans = [gold(acme), gold(acme, name="Silver")]
    client, path = switched_on(acme), f"{one(acme)}/plan"
    for number in range(WISHES_MAX + 2):
        client.post(path, {"plan": plans[number % 2].pk})
    asked = Event.objects.filter(kind="service_subscription.plan_requested")
    assert asked.count() == WISHES_MAX
    assert "You have asked for other plans often today" in text(client.get(one(acme)))


@pytest.mark.parametrize("rule", ["credit_card", "none"])
def test_what_the_rule_does_not_allow_cannot_be_done(acme: Provider, rule: str) -> None:
    plan = gold(acme)
    client = switched_on(acme, rule)
    assert client.post(f"{one(acme)}/plan", {"plan": plan.pk}).status_code == 404
    assert subscription_of(acme).plan != plan
    assert set(changing.MAY.values()) == {changing.CHANGE, changing.ASK, changing.CARD}


def test_a_suspended_subscription_is_not_moved_nor_ended(acme: Provider) -> None:
    plan = gold(acme)
    client = switched_on(acme, "direct")
    change_subscription_state(subscription_of(acme), "suspend", by=BY)
    assert client.post(f"{one(acme)}/plan", {"plan": plan.pk}).status_code == 404
    assert "Unsubscribe" not in text(client.get(one(acme)))
    assert client.post(f"{one(acme)}/delete", {"typed": "API"}).status_code == 404
    assert subscription_of(acme).state == "suspended"


def test_only_published_service_plans_of_the_product_can_be_had(
    acme: Provider, globex: Provider
) -> None:
    client, path = switched_on(acme, "direct"), f"{one(acme)}/plan"
    inner = gold(acme, name="Inner", published=False)
    other = acme.another_product("Maps").service_plans.get()
    own = subscription_of(acme).plan
    for plan in (inner.pk, other.pk, globex.product.service_plans.get().pk, "x", ""):
        assert client.post(path, {"plan": plan}).status_code == 404, plan
    assert subscription_of(acme).plan == own
    assert client.get(one(globex)).status_code == 404
    assert contracts.subscribable(acme.tenant, acme.account).get().name == "Maps"


def test_it_ends_with_its_applications_once_the_name_is_typed(acme: Provider) -> None:
    client = switched_on(acme)
    subscription = one(acme)
    assert "Your applications of this API go with it" in text(client.get(subscription))
    client.post(f"{subscription}/delete", {"typed": "Something else"})
    assert Application.objects.filter(pk=acme.application.pk).exists()
    answer = client.post(f"{subscription}/delete", {"typed": "API"})
    assert answer["Location"] == LIST
    assert "You are not subscribed to API any more" in text(client.get(LIST))
    assert not Application.objects.filter(pk=acme.application.pk).exists()
    event = Event.objects.filter(kind="service_subscription.deleted").latest("id")
    assert (event.actor_id, event.before["state"]) == (str(acme.developer.pk), "live")
    assert client.post(f"{subscription}/delete", {"typed": "API"}).status_code == 404


def test_developers_who_may_not_delete_applications_end_no_subscription_with_any(
    acme: Provider,
) -> None:
    client = switched_on(acme)
    Product.objects.filter(pk=acme.product.pk).update(buyers_manage_apps=False)
    assert client.post(f"{one(acme)}/delete", {"typed": "API"}).status_code == 404
    Application.objects.filter(pk=acme.application.pk).delete()
    assert client.post(f"{one(acme)}/delete").status_code == 302
    assert not ServiceSubscription.objects.filter(account=acme.account).exists()


def test_a_suspended_application_keeps_the_subscription(acme: Provider) -> None:
    client = switched_on(acme)
    change_state(acme.application, "suspend", by=BY)
    assert "End this subscription?" not in text(client.get(one(acme)))
    assert client.post(f"{one(acme)}/delete", {"typed": "API"}).status_code == 404
    change_state(acme.application, "resume", by=BY)
    assert client.post(f"{one(acme)}/delete", {"typed": "API"}).status_code == 302


def test_the_newest_applications_are_shown_and_all_are_counted(acme: Provider) -> None:
    names = [f"Round {number}" for number in range(subscriptions.SHOWN_MAX + 1)]
    for name in names:
        acme.another_application(name=name)
    page = switched_on(acme).get(one(acme)).content.decode()
    assert [name for name in names if f">{name}<" in page] == names[1:]
