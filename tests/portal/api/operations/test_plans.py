"""Application plans and limits, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import BY, Provider
from tollway.portal.api.operations import plans
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.plans.services import create_limit

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


def limits_of(acme: Provider, metric_id: int) -> str:
    return f"/application_plans/{acme.plan.pk}/metrics/{metric_id}/limits"


def test_a_limit_is_made_changed_and_removed(api: Api, acme: Provider) -> None:
    limits = limits_of(acme, acme.hits.pk)
    made = api.json("POST", limits, period="hour", value=3)["limit"]
    assert (made["period"], made["value"]) == ("hour", 3)
    one = f"{limits}/{made['id']}"
    assert api.json("PUT", one, value=5, period="hour")["limit"]["value"] == 5
    assert api.json("PUT", one, value="0")["limit"]["value"] == 0
    assert [x["limit"]["id"] for x in api.json("GET", limits)["limits"]] == [made["id"]]
    api.json("DELETE", one)
    assert api.json("GET", limits)["limits"] == []


def test_a_backends_metric_can_be_limited_where_the_backend_is_used(
    api: Api, acme: Provider
) -> None:
    hits = hits_of(acme.tenant, acme.backend)
    made = api.json("POST", limits_of(acme, hits.pk), period="day", value=7)["limit"]
    create_limit(acme.plan, acme.hits, by=BY, period="day", value=7)
    assert made["metric_id"] == hits.pk
    listed = api.json("GET", f"/application_plans/{acme.plan.pk}/limits")["limits"]
    assert [x["limit"]["metric_id"] for x in listed] == [hits.pk, acme.hits.pk]
    another = api.json("POST", "/backend_apis", name="X", private_endpoint="https://x.example")
    unused = api.json("GET", f"/backend_apis/{another['backend_api']['id']}/metrics")["metrics"]
    path = limits_of(acme, unused[0]["metric"]["id"])
    assert api.call("POST", f"{path}.json", {"period": "day", "value": 1}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"period": "hour"}, "value"),
        ({"value": 3}, "period"),
        ({"period": "century", "value": 3}, "period"),
        ({"period": "hour", "value": "many"}, "value"),
        ({"period": "hour", "value": -1}, "value"),
        ({"period": "day", "value": 3}, "period"),  # there is one for the day already
    ],
)
def test_what_a_limit_cannot_be_is_named(
    api: Api, acme: Provider, body: dict[str, object], field: str
) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="day", value=7)
    response = api.call("POST", f"{limits_of(acme, acme.hits.pk)}.json", body)
    assert (response.status_code, list(errors_of(response))) == (422, [field])


def test_only_the_limits_of_a_whole_plan_come_in_pages() -> None:
    paged = [operation.path for operation in plans.OPERATIONS if operation.paginated]
    assert paged == ["/admin/api/application_plans/{application_plan_id}/limits"]
