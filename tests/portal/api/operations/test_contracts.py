"""Which plans accounts are on, through the API: subscribing, buying, changing, customising."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import BY, Provider
from tollway.portal.api.operations import contracts
from tollway.portal.plans.models import ServicePlan
from tollway.portal.plans.services import (
    create_account_plan,
    create_application_plan,
    create_limit,
    create_service_plan,
    set_default_plan,
    update_plan,
)

pytestmark = pytest.mark.django_db


def test_an_account_is_put_on_another_plan(api: Api, acme: Provider) -> None:
    gold = create_account_plan(acme.tenant, by=BY, name="Gold")
    account = f"/accounts/{acme.account.pk}"
    assert api.json("GET", f"{account}/plan")["account_plan"]["name"] == "Default"
    changed = api.json("PUT", f"{account}/change_plan", plan_id=gold.pk)
    assert changed == api.json("GET", f"{account}/plan")
    assert changed["account_plan"]["id"] == gold.pk
    unknown = api.call("PUT", f"{account}/change_plan.json", {"plan_id": 999999})
    assert errors_of(unknown) == {"plan_id": ["does not exist"]}


def test_an_account_subscribes_waits_and_is_approved(api: Api, acme: Provider) -> None:
    product = acme.another_product()
    plan = create_service_plan(product, by=BY, name="Gold", approval_required=True)
    path = f"/accounts/{acme.account.pk}/service_subscriptions"
    made = api.json("POST", path, plan_id=plan.pk)["service_subscription"]
    assert (made["state"], made["plan_id"], made["service_id"]) == ("pending", plan.pk, product.pk)
    one = f"{path}/{made['id']}"
    again = api.call("POST", f"{path}.json", {"plan_id": plan.pk})
    assert (again.status_code, list(errors_of(again))) == (422, ["plan_id"])
    approved = api.json("PUT", f"{one}/approve")["service_subscription"]
    assert approved["state"] == "live"
    assert approved["accepted_at"] is not None
    twice = api.call("PUT", f"{one}/approve.json")
    assert errors_of(twice) == {"state": ['cannot transition via "accept"']}
    default = product.service_plans.get(name="Default")
    changed = api.json("PUT", f"{one}/change_plan", plan_id=default.pk)
    assert changed["service_plan"]["id"] == default.pk
    assert api.call("GET", f"{path}.xml").status_code == 406, "JSON only"


def test_ending_a_subscription_removes_the_applications(api: Api, acme: Provider) -> None:
    account = f"/accounts/{acme.account.pk}"
    (row,) = api.json("GET", f"{account}/service_subscriptions")["service_subscriptions"]
    api.json("DELETE", f"{account}/service_subscriptions/{row['service_subscription']['id']}")
    assert api.json("GET", f"{account}/applications")["applications"] == []
    set_default_plan(acme.product, None, by=BY, kind=ServicePlan)
    refused = api.call(
        "POST", f"{account}/applications.json", {"plan_id": acme.plan.pk, "name": "New"}
    )
    assert errors_of(refused) == {"base": ["You cannot subscribe to that service."]}


def test_subscriptions_are_listed_and_ended_by_their_old_name(api: Api, acme: Provider) -> None:
    account = f"/accounts/{acme.account.pk}"
    (new,) = api.json("GET", f"{account}/service_subscriptions")["service_subscriptions"]
    (old,) = api.json("GET", f"{account}/service_contracts")["service_contracts"]
    assert old["service_contract"] == new["service_subscription"]
    api.json("DELETE", f"{account}/service_contracts/{old['service_contract']['id']}")
    assert api.json("GET", f"{account}/service_contracts") == {"service_contracts": []}
    assert api.json("GET", f"{account}/applications")["applications"] == []


def test_plans_are_bought(api: Api, acme: Provider) -> None:
    account = f"/accounts/{acme.account.pk}"
    product = acme.another_product()
    service_plan = product.service_plans.get()
    plan = create_application_plan(product, by=BY, name="Gold")
    bought = api.json("POST", f"{account}/service_plans/{service_plan.pk}/buy")
    assert bought["service_plan"]["id"] == service_plan.pk
    plans = [x["service_plan"]["id"] for x in api.json("GET", f"{account}/service_plans")["plans"]]
    assert service_plan.pk in plans
    api.json("POST", f"{account}/application_plans/{plan.pk}/buy", name="Bought", description="d")
    bought = api.json("GET", f"{account}/application_plans")["plans"]
    plans = [each["application_plan"]["id"] for each in bought]
    assert plans == [acme.plan.pk, plan.pk]
    applications = api.json("GET", f"{account}/applications")["applications"]
    assert applications[-1]["application"]["name"] == "Bought"


def test_an_application_gets_a_plan_of_its_own_and_gives_it_back(api: Api, acme: Provider) -> None:
    application = f"/accounts/{acme.account.pk}/applications/{acme.application.pk}"
    custom = api.json("PUT", f"{application}/customize_plan")["application_plan"]
    assert (custom["custom"], custom["name"]) == (True, "Basic (custom)")
    assert custom["id"] != acme.plan.pk
    shown = api.json("GET", application)["application"]
    assert (shown["plan_id"], shown["plan_name"]) == (custom["id"], "Basic (custom)")
    of_product = f"/services/{acme.product.pk}/application_plans"
    path = f"{of_product}/{custom['id']}"
    update_plan(acme.plan, by=BY, setup_fee=7)
    whole = api.json("GET", path)["application_plan"]
    assert whole["setup_fee"] == 7.0
    changed = api.json("PUT", path, **{**whole, "cost_per_month": 12})["application_plan"]
    assert (changed["cost_per_month"], changed["setup_fee"]) == (12.0, 7.0)
    update_plan(acme.plan, by=BY, setup_fee=8)
    assert api.json("GET", path)["application_plan"]["setup_fee"] == 8.0, "it was not changed"
    listed = api.json("GET", of_product)["plans"]
    assert [x["application_plan"]["id"] for x in listed] == [acme.plan.pk]
    for refused in (f"{path}/default", f"/accounts/{acme.account.pk}/applications"):
        method = "PUT" if refused.endswith("default") else "POST"
        body = {"plan_id": custom["id"], "name": "Another"}
        assert api.call(method, f"{refused}.json", body).status_code == 422
    back = api.json("PUT", f"{application}/decustomize_plan")["application_plan"]
    assert (back["id"], back["custom"]) == (acme.plan.pk, False)
    assert api.call("GET", f"{path}.json").status_code == 404


def test_changing_the_plan_drops_the_custom_one(api: Api, acme: Provider) -> None:
    application = f"/accounts/{acme.account.pk}/applications/{acme.application.pk}"
    custom = api.json("PUT", f"{application}/customize_plan")["application_plan"]["id"]
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    gold = create_application_plan(acme.product, by=BY, name="Gold")
    api.json("PUT", f"{application}/change_plan", plan_id=gold.pk)
    assert api.call("GET", f"/application_plans/{custom}/limits.json").status_code == 404


def test_all_of_it_is_for_those_who_manage_accounts() -> None:
    assert {row.section for row in contracts.OPERATIONS} == {"partners"}
