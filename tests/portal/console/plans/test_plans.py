"""The list of application plans, and what is done to one as a whole."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.catalog.models import Metric
from tollway.portal.plans.models import ApplicationPlan, Feature
from tollway.portal.plans.services import create_application_plan, create_feature, update_plan

pytestmark = pytest.mark.django_db

TERMS = {
    "trial_period_days": "14",
    "setup_fee": "5",
    "cost_per_month": "49.5",
    "cancellation_period": "30",
}


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def list_of(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/application_plans"


def page_of(plan: ApplicationPlan) -> str:
    return f"/apiconfig/application_plans/{plan.pk}/edit"


def test_the_list_says_who_is_on_a_plan_and_what_it_costs(acme: Provider, client: Client) -> None:
    create_application_plan(acme.product, by=BY, name="Gold", cost_per_month=49)
    shown = text(client.get(list_of(acme)))
    assert "Basic basic 1 free Published Hide" in shown
    assert "Gold gold 0 EUR 49.00 Hidden Publish" in shown
    assert list_of(acme) in client.get(f"/apiconfig/services/{acme.product.pk}").content.decode()


def test_a_list_of_many_plans_takes_as_many_questions_as_one(
    acme: Provider, client: Client
) -> None:
    client.get(list_of(acme))
    few = asked(client, list_of(acme))
    for number in range(30):
        create_application_plan(acme.product, by=BY, name=f"Plan {number}")
    assert asked(client, list_of(acme)) == few


def asked(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_a_plan_is_made_once(acme: Provider, client: Client) -> None:
    form = {"name": "Gold", "once": NONCE, **TERMS}
    made = [client.post(f"{list_of(acme)}/new", form) for _ in range(2)]
    [plan] = ApplicationPlan.objects.filter(product=acme.product, name="Gold")
    assert {response["Location"] for response in made} == {page_of(plan)}
    assert (plan.state, plan.trial_period_days, plan.cost_per_month) == ("hidden", 14, 49.5)


BAD = [
    ({"name": ""}, "Enter a name."),
    ({"name": "Basic"}, "Has already been taken"),
    ({"setup_fee": "-1"}, "A price is 0 or more."),
    ({"cost_per_month": "much"}, "Enter a price like 49 or 0.25."),
    ({"cost_per_month": "0.00001"}, "no more than 4 decimal places"),
    ({"trial_period_days": "1.5"}, "Enter a number of days."),
    ({"cancellation_period": "99999999"}, "At most 36,500 days."),
    ({"system_name": "no blanks"}, "letters"),
]


@pytest.mark.parametrize(("wrong", "message"), BAD)
def test_a_plan_that_cannot_be_is_refused_at_the_field(
    acme: Provider, client: Client, wrong: dict[str, str], message: str
) -> None:
    before = ApplicationPlan.objects.count()
    response = client.post(f"{list_of(acme)}/new", {"name": "New", **TERMS, **wrong})
    assert response.status_code == 422
    assert message.lower() in text(response).lower()
    assert 'value="30"' in response.content.decode() or "cancellation_period" in wrong
    assert ApplicationPlan.objects.count() == before


def test_a_plan_is_published_and_hidden_with_a_way_back(acme: Provider, client: Client) -> None:
    url = f"/apiconfig/application_plans/{acme.plan.pk}/publish"
    assert client.post(url, {"published": "", "from": "list"})["Location"] == list_of(acme)
    acme.plan.refresh_from_db()
    assert acme.plan.state == "hidden"
    assert f'action="{url}"' in toasts(client)
    client.post(url, {"published": "1"})
    acme.plan.refresh_from_db()
    assert acme.plan.state == "published"


def test_the_default_plan_is_chosen_and_taken_back(acme: Provider, client: Client) -> None:
    url = f"{list_of(acme)}/default"
    client.post(url, {"plan": str(acme.plan.pk)})
    acme.plan.refresh_from_db()
    assert acme.plan.is_default
    client.post(url, {"plan": ""})
    acme.plan.refresh_from_db()
    assert not acme.plan.is_default
    client.post(url, {"plan": "999999"})
    assert "This plan is gone." in toasts(client)


def test_a_copy_sets_the_same_and_a_plan_in_use_stays(acme: Provider, client: Client) -> None:
    one = f"/apiconfig/application_plans/{acme.plan.pk}"
    assert client.post(f"{one}/copy", {"once": NONCE}).status_code == 302
    copy = ApplicationPlan.objects.get(name="Basic (copy)")
    client.post(f"{one}/delete")
    assert "Move them to another plan first." in toasts(client)
    client.post(f"/apiconfig/application_plans/{copy.pk}/delete")
    assert set(ApplicationPlan.objects.filter(product=acme.product)) == {acme.plan}


def test_terms_are_saved_unless_somebody_was_faster(acme: Provider, client: Client) -> None:
    url = page_of(acme.plan)
    shown = client.get(url, {"tab": "details"})
    form = {"name": "Basic", **TERMS, "seen": seen(shown), "was": seen(shown, "was")}
    update_plan(acme.plan, by=BY, trial_period_days=3)
    clash = client.post(url, form)
    assert clash.status_code == 409
    acme.plan.refresh_from_db()
    assert acme.plan.trial_period_days == 3
    again = {**form, "seen": seen(clash), "was": seen(clash, "was")}
    assert client.post(url, again).status_code == 302
    acme.plan.refresh_from_db()
    assert (acme.plan.trial_period_days, acme.plan.cost_per_month) == (14, 49.5)


def test_features_are_made_put_in_taken_out_and_deleted(acme: Provider, client: Client) -> None:
    one = f"/apiconfig/application_plans/{acme.plan.pk}/features"
    client.post(f"{one}/new", {"name": "Phone support", "visible": "on", "once": NONCE})
    feature = Feature.objects.get(name="Phone support")
    shown = page_of(acme.plan) + "?tab=features"
    assert "Phone support Yes In Take out" in text(client.get(shown))
    client.post(f"{one}/{feature.pk}/turn", {"on": ""})
    assert "Phone support Yes Out Put in" in text(client.get(shown))
    assert client.post(f"{one}/{feature.pk}", {"name": ""}).status_code == 422
    client.post(f"{one}/{feature.pk}", {"name": "By phone", "seen": ""})
    feature.refresh_from_db()
    assert (feature.name, feature.visible) == ("By phone", False)
    client.post(f"{one}/{feature.pk}/delete")
    assert not Feature.objects.filter(pk=feature.pk).exists()


def test_a_method_and_a_metric_are_made_from_the_plan(acme: Provider, client: Client) -> None:
    url = f"/apiconfig/application_plans/{acme.plan.pk}/metrics/new"
    client.post(url, {"friendly_name": "test", "system_name": "test", "once": NONCE})
    refused = client.post(f"{url}?kind=metric", {"friendly_name": "v1", "system_name": "v1"})
    assert (refused.status_code, "Enter a unit." in text(refused)) == (422, True)
    client.post(f"{url}?kind=metric", {"friendly_name": "v1", "system_name": "v1", "unit": "call"})
    assert Metric.objects.get(system_name="test").parent == acme.hits
    shown = text(client.get(page_of(acme.plan)))
    assert "test Method · test" in shown
    assert "v1 v1 · call" in shown


def test_strangers_and_those_without_the_product_see_nothing(
    acme: Provider, globex: Provider, client: Client
) -> None:
    feature = create_feature(globex.product, by=BY, name="Theirs")
    theirs = f"/apiconfig/application_plans/{globex.plan.pk}"
    mine = f"/apiconfig/application_plans/{acme.plan.pk}"
    hidden = member(acme, "plans", products=[], name="blind")
    assert hidden.get(f"{mine}/edit").status_code == 404
    for url in (
        f"{theirs}/edit",
        f"{theirs}/metrics/{globex.hits.pk}",
        f"{mine}/metrics/{globex.hits.pk}",
        f"{mine}/features/{feature.pk}",
    ):
        assert client.get(url).status_code == 404
    for act in ("copy", "delete", "publish"):
        assert client.post(f"{theirs}/{act}").status_code == 404
    globex.plan.refresh_from_db()
    assert globex.plan.state == "published"


def test_who_is_on_a_plan_is_told_to_those_who_may_see_accounts(acme: Provider) -> None:
    url = page_of(acme.plan) + "?tab=applications"
    assert "App Developer Live" in text(member(acme, "plans", "partners", name="both").get(url))
    assert "Not for you to see" in text(member(acme, "plans", name="plans").get(url))
