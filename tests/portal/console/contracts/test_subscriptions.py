"""Subscriptions: found, made from an account, moved between states and plans, ended."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.visiting import NONCE, admin, member, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.services import update_settings
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import change_subscription_state, sign_up
from tollway.portal.plans.models import ServicePlan, ServiceSubscription
from tollway.portal.plans.services import create_service_plan, request_service_plan

pytestmark = pytest.mark.django_db

ALL = "/buyers/service_contracts"


@pytest.fixture
def client(acme: Provider) -> Client:
    use_service_plans(acme)
    return admin(acme)


def use_service_plans(provider: Provider) -> None:
    update_settings(provider.tenant, by=BY, service_plans_ui_visible=True)


def subscription_of(provider: Provider) -> ServiceSubscription:
    return ServiceSubscription.objects.get(account=provider.account, product=provider.product)


def one(provider: Provider) -> str:
    return f"{ALL}/{subscription_of(provider).pk}"


def gold(provider: Provider) -> ServicePlan:
    return create_service_plan(provider.product, by=BY, name="Gold", cost_per_month=49)


def of_account(provider: Provider) -> str:
    return f"/buyers/accounts/{provider.account.pk}/service_contracts"


def test_lists_are_of_all_of_a_product_and_of_an_account(acme: Provider, client: Client) -> None:
    acme.another_product("Other")
    of_product = f"/apiconfig/services/{acme.product.pk}/service_contracts"
    assert "Developer API Default free" in text(client.get(ALL))
    assert "Developer Default free" in text(client.get(of_product))
    assert "Subscriptions of Developer" in text(client.get(of_account(acme)))
    old = client.get(ALL, {"search[service_id]": str(acme.product.pk)})
    assert old["Location"] == of_product


NARROWED = [
    ({"state": "pending"}, ["Waits"]),
    ({"state": "live"}, ["Developer"]),
    ({"state": "nonsense"}, ["Developer", "Waits"]),
    ({"type": "paid"}, ["Waits"]),
    ({"type": "free"}, ["Developer"]),
    ({"q": "wai"}, ["Waits"]),
    ({"q": "nobody"}, []),
    ({"sort": "account"}, ["Developer", "Waits"]),
]


@pytest.mark.parametrize(("asked", "found"), NARROWED)
def test_the_list_is_narrowed_down(
    acme: Provider, client: Client, asked: dict[str, str], found: list[str]
) -> None:
    plan = create_service_plan(acme.product, by=BY, name="Slow", setup_fee=5)
    waits = sign_up(
        acme.tenant, by=BY, org_name="Waits", username="waits", email="w@w.example"
    ).account
    ServiceSubscription.objects.filter(account=waits).update(plan=plan, state="pending")
    shown = text(client.get(ALL, asked))
    names = ("Developer API", "Waits API")
    assert [name.split()[0] for name in names if name in shown] == found


def test_the_list_of_a_product_is_narrowed_to_a_plan(acme: Provider, client: Client) -> None:
    url = f"/apiconfig/services/{acme.product.pk}/service_contracts"
    plan = gold(acme)
    assert "Developer Default" not in text(client.get(url, {"plan": plan.pk}))
    default = subscription_of(acme).plan_id
    assert "Developer Default" in text(client.get(url, {"plan": default}))


def test_the_list_of_all_is_narrowed_to_a_plan_of_a_chosen_product(
    acme: Provider, client: Client
) -> None:
    plan, default = gold(acme), subscription_of(acme).plan_id
    assert "Any plan" not in text(client.get(ALL))
    product = str(acme.product.pk)
    assert "Any plan" in text(client.get(ALL, {"product": product}))
    assert "Developer API" not in text(client.get(ALL, {"product": product, "plan": str(plan.pk)}))
    assert "Developer API" in text(client.get(ALL, {"product": product, "plan": str(default)}))


def test_what_its_developer_asks_for_is_said_and_proposed(acme: Provider, client: Client) -> None:
    plan = gold(acme)
    request_service_plan(subscription_of(acme), plan, by=BY)
    page = client.get(one(acme))
    assert "Developer asks for the plan Gold." in text(page)
    assert f'<option value="{plan.pk}" selected>' in page.content.decode()
    client.post(f"{one(acme)}/plan", {"plan": plan.pk})
    assert "asks for the plan Gold." not in text(client.get(one(acme)))


def test_a_list_of_many_takes_as_many_questions_as_one(acme: Provider, client: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ALL).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for number in range(20):
        name = f"dev{number}"
        sign_up(acme.tenant, by=BY, org_name=name, username=name, email=f"{name}@x.example")
    assert asked() == few


def test_an_account_is_subscribed_once_to_what_it_does_not_have(
    acme: Provider, client: Client
) -> None:
    other = acme.another_product("Other")
    plan = ServicePlan.objects.get(product=other)
    url = f"{of_account(acme)}/new"
    offered = text(client.get(url))
    assert "Other: Default" in offered
    assert "API: Default" not in offered
    mine = subscription_of(acme).plan_id
    refused = client.post(url, {"plan": str(mine)})
    assert (refused.status_code, "Choose another." in text(refused)) == (422, True)
    form = {"plan": str(plan.pk), "once": NONCE}
    first, second = client.post(url, form), client.post(url, form)
    subscription = ServiceSubscription.objects.get(account=acme.account, product=other)
    assert first["Location"] == second["Location"] == f"{ALL}/{subscription.pk}"
    assert "Subscribed to everything" in text(client.get(url))


def test_a_subscription_that_waits_is_approved_or_rejected(acme: Provider, client: Client) -> None:
    other = acme.another_product("Other")
    plan = create_service_plan(other, by=BY, name="Slow", approval_required=True)
    url = f"{of_account(acme)}/new"
    for move in ("state/accept", "delete"):
        made = client.post(url, {"plan": str(plan.pk)})["Location"]
        assert "until the subscription is approved" in text(client.get(made))
        client.post(f"{made}/{move}")
        left = ServiceSubscription.objects.filter(product=other)
        if move == "delete":
            assert not left.exists()
        else:
            assert left.get().state == "live"
            left.delete()


def test_a_subscription_is_suspended_and_resumed_and_leads_back_to_the_list(
    acme: Provider, client: Client
) -> None:
    back = f"{ALL}?state=live"
    moved = client.post(f"{one(acme)}/state/suspend", {"next": back})
    assert moved["Location"] == back
    assert subscription_of(acme).state == "suspended"
    assert f'action="{one(acme)}/state/resume"' in toasts(client)
    client.post(f"{one(acme)}/state/suspend")
    assert "is suspended now" in toasts(client)
    strange = client.post(f"{one(acme)}/state/resume", {"next": "//evil.example"})
    assert strange["Location"] == one(acme)
    assert subscription_of(acme).state == "live"
    assert client.post(f"{one(acme)}/state/explode").status_code == 404


def test_a_subscription_moves_to_another_plan_of_its_product_and_back(
    acme: Provider, client: Client
) -> None:
    plan, old = gold(acme), subscription_of(acme).plan_id
    page = text(client.get(one(acme)))
    assert "Gold, EUR 49.00 a month" in page
    client.post(f"{one(acme)}/plan", {"plan": str(plan.pk)})
    assert subscription_of(acme).plan_id == plan.pk
    assert f'value="{old}"' in toasts(client)
    other = ServicePlan.objects.get(product=acme.another_product("Other"))
    client.post(f"{one(acme)}/plan", {"plan": str(other.pk)})
    assert "This plan is gone." in toasts(client)
    assert subscription_of(acme).plan_id == plan.pk


def test_ending_a_subscription_takes_its_applications_and_asks_first(
    acme: Provider, client: Client
) -> None:
    url = one(acme)
    refused = client.post(f"{url}/delete")
    assert (refused.status_code, "type Developer to confirm" in text(refused)) == (422, True)
    assert Application.objects.filter(account=acme.account).exists()
    client.post(f"{url}/delete", {"typed": "Developer"})
    assert "1 application went with it." in toasts(client)
    assert not Application.objects.filter(account=acme.account).exists()
    assert client.post(f"{url}/delete").status_code == 302


def test_a_suspended_subscription_says_so(acme: Provider, client: Client) -> None:
    change_subscription_state(subscription_of(acme), "suspend", by=BY)
    page = text(client.get(one(acme)))
    assert "Subscription of Developer suspended" in page
    assert "can make no application of API until the subscription is resumed" in page
    assert "Those that it has go on." in page


def test_strangers_and_those_without_the_product_see_nothing(
    acme: Provider, globex: Provider, client: Client
) -> None:
    use_service_plans(globex)
    theirs = one(globex)
    hidden = member(acme, "partners", products=[], name="blind")
    assert hidden.get(one(acme)).status_code == 404
    assert "Developer API" not in text(hidden.get(ALL))
    assert client.get(theirs).status_code == 404
    for act in ("plan", "state/suspend"):
        assert client.post(f"{theirs}/{act}").status_code == 404
    client.post(f"{theirs}/delete", {"typed": "Developer"})
    assert subscription_of(globex).state == "live"
    assert client.get(of_account(globex)).status_code == 404


def test_the_list_is_not_there_while_service_plans_are_off(acme: Provider) -> None:
    assert "Service plans and subscriptions are off" in text(admin(acme).get(ALL))


def test_ticked_rows_are_asked_about_and_lead_back_to_the_list(
    acme: Provider, client: Client
) -> None:
    url = f"/apiconfig/services/{acme.product.pk}/service_contracts"
    listed = client.get(url).content.decode()
    assert f'name="of_product" value="{acme.product.pk}"' in listed
    asked = client.get(
        "/p/admin/bulk/new/subscriptions-suspend",
        {"all": "1", "of_product": str(acme.product.pk), "state": "live"},
    )
    assert "Developer, API" in text(asked)
    assert f'href="{url}?state=live"' in asked.content.decode()


def test_an_accounts_page_names_its_subscriptions_and_its_plan_if_they_are_used(
    acme: Provider,
) -> None:
    url, browser = f"/buyers/accounts/{acme.account.pk}", admin(acme)
    page = browser.get(url).content.decode()
    assert 'id="subscriptions-title"' not in page
    assert 'id="plan-title"' not in page
    use_service_plans(acme)
    update_settings(acme.tenant, by=BY, account_plans_ui_visible=True)
    page = browser.get(url).content.decode()
    assert f'href="{one(acme)}"' in page
    assert 'id="plan-title"' in page
