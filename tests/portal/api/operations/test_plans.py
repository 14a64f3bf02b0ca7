"""Account plans, service plans and application plans, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import Provider
from tollway.portal.api.operations import plans

pytestmark = pytest.mark.django_db


def test_a_plan_is_hidden_until_it_is_published(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/application_plans"
    made = api.json("POST", path, name="Gold", setup_fee="12.50", cost_per_month=100)
    plan = made["application_plan"]
    assert (plan["state"], plan["setup_fee"], plan["cost_per_month"]) == ("hidden", 12.5, 100.0)
    one = f"{path}/{plan['id']}"
    assert api.json("PUT", one, state_event="publish")["application_plan"]["state"] == "published"
    assert api.json("PATCH", one, state_event="hide")["application_plan"]["state"] == "hidden"
    published = api.json("POST", path, name="Silver", state_event="publish")["application_plan"]
    assert published["state"] == "published"
    wrong = api.call("PUT", f"{one}.json", {"state_event": "burn"})
    assert errors_of(wrong) == {"state_event": ["is not included in the list"]}


def test_a_product_has_one_default_plan_at_most(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/application_plans"
    gold = api.json("POST", path, name="Gold")["application_plan"]["id"]
    for chosen in (acme.plan.pk, gold):
        assert api.json("PUT", f"{path}/{chosen}/default")["application_plan"]["default"] is True
    listed = [p["application_plan"] for p in api.json("GET", path)["plans"]]
    assert {p["id"]: p["default"] for p in listed} == {acme.plan.pk: False, gold: True}
    everywhere = api.json("GET", "/application_plans")["plans"]
    assert [p["application_plan"] for p in everywhere] == listed


def test_a_plan_with_applications_stays(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/application_plans"
    response = api.call("DELETE", f"{path}/{acme.plan.pk}.json")
    assert (response.status_code, list(errors_of(response))) == (403, ["base"])
    gold = api.json("POST", path, name="Gold")["application_plan"]["id"]
    assert api.call("DELETE", f"{path}/{gold}.json").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("setup_fee", "much"), ("cost_per_month", -1), ("trial_period_days", 1.5),
     ("approval_required", "perhaps")],
)  # fmt: skip
def test_what_a_plan_cannot_be_is_named(
    api: Api, acme: Provider, field: str, value: object
) -> None:
    path = f"/services/{acme.product.pk}/application_plans.json"
    response = api.call("POST", path, {"name": "Gold", field: value})
    assert (response.status_code, list(errors_of(response))) == (422, [field])


def test_account_plans_are_the_tenants(api: Api, acme: Provider) -> None:
    made = api.json("POST", "/account_plans", name="Gold", approval_required=True)["account_plan"]
    assert (made["state"], made["approval_required"], made["default"]) == ("hidden", True, False)
    listed = api.json("GET", "/account_plans")["plans"]
    assert [each["account_plan"]["name"] for each in listed] == ["Default", "Gold"]
    one = f"/account_plans/{made['id']}"
    assert api.json("PUT", one, state_event="publish")["account_plan"]["state"] == "published"
    assert api.json("PUT", f"{one}/default")["account_plan"]["default"] is True
    used = api.call("DELETE", f"/account_plans/{listed[0]['account_plan']['id']}.json")
    assert (used.status_code, errors_of(used)) == (403, {"base": ["It has accounts"]})


def test_service_plans_are_a_products(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/service_plans"
    made = api.json("POST", path, name="Gold", setup_fee=3)["service_plan"]
    assert (made["state"], made["setup_fee"]) == ("hidden", 3.0)
    listed = api.json("GET", path)["plans"]
    assert [each["service_plan"]["name"] for each in listed] == ["Default", "Gold"]
    assert api.json("GET", "/service_plans")["plans"] == listed
    assert api.json("PUT", f"{path}/{made['id']}/default")["service_plan"]["default"] is True
    api.json("PUT", f"{path}/{listed[0]['service_plan']['id']}/default")
    api.json("DELETE", f"{path}/{made['id']}")
    assert len(api.json("GET", path)["plans"]) == 1


def test_an_entity_that_comes_back_whole_is_taken(api: Api, acme: Provider) -> None:
    path = f"/services/{acme.product.pk}/application_plans/{acme.plan.pk}"
    whole = api.json("GET", path)["application_plan"]
    assert api.json("PUT", path, **{**whole, "cost_per_month": 12.0})["application_plan"] == {
        **whole, "cost_per_month": 12.0,
        "updated_at": api.json("GET", path)["application_plan"]["updated_at"],
    }  # fmt: skip


def test_members_need_the_permission_of_what_the_plans_are_for() -> None:
    sections = {(row.resource.entity, row.section) for row in plans.OPERATIONS if row.resource}
    assert sections == {
        ("account_plan", "partners"), ("service_plan", "plans"), ("application_plan", "plans"),
    }  # fmt: skip
