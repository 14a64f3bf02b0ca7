"""What application plans set for metrics, through the API: limits and prices."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import BY, Provider
from tollway.portal.api.operations import conditions
from tollway.portal.applications.services import customize_plan
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.plans.services import create_limit, create_pricing_rule

pytestmark = pytest.mark.django_db


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
    paged = [operation.path for operation in conditions.OPERATIONS if operation.paginated]
    assert paged == ["/admin/api/application_plans/{application_plan_id}/limits"]


def prices_of(plan_id: int, metric_id: int) -> str:
    return f"/application_plans/{plan_id}/metrics/{metric_id}/pricing_rules"


def test_a_price_is_made_changed_and_removed(api: Api, acme: Provider) -> None:
    path = prices_of(acme.plan.pk, acme.hits.pk)
    made = api.json("POST", path, min=1, max=10, cost_per_unit=20.0)["pricing_rule"]
    assert (made["min"], made["max"], made["cost_per_unit"]) == (1, 10, "20.0")
    rest = api.json("POST", path, min=11, max="", cost_per_unit="0.01")["pricing_rule"]
    assert (rest["min"], rest["max"], rest["cost_per_unit"]) == (11, None, "0.01")
    everywhere = api.json("GET", f"/application_plans/{acme.plan.pk}/pricing_rules")
    assert api.json("GET", path) == everywhere
    one = f"{path}/{made['id']}"
    assert api.json("GET", one)["pricing_rule"] == made
    assert api.json("PUT", one, **{**made, "max": 9})["pricing_rule"]["max"] == 9
    api.json("DELETE", one)
    assert [x["pricing_rule"]["id"] for x in api.json("GET", path)["pricing_rules"]] == [rest["id"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"min": 0}, "min"),
        ({"min": "x"}, "min"),
        ({"min": 20, "max": 19}, "max"),
        ({"min": 5, "max": 6}, "base"),
        ({"min": 20, "cost_per_unit": "free"}, "cost_per_unit"),
    ],
)
def test_what_a_price_cannot_be_is_named(
    api: Api, acme: Provider, body: dict[str, object], field: str
) -> None:
    create_pricing_rule(acme.plan, acme.hits, by=BY, max=10, cost_per_unit=1)
    response = api.call("POST", f"{prices_of(acme.plan.pk, acme.hits.pk)}.json", body)
    assert (response.status_code, list(errors_of(response))) == (422, [field])


def test_a_custom_plan_is_addressed_by_its_own_id(api: Api, acme: Provider) -> None:
    limit = create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    price = create_pricing_rule(acme.plan, acme.hits, by=BY, max=10, cost_per_unit=1)
    create_pricing_rule(acme.plan, acme.hits, by=BY, min=11, cost_per_unit=1)
    custom = customize_plan(acme.application, by=BY).pk
    limits = f"/application_plans/{custom}/metrics/{acme.hits.pk}/limits"
    (first,) = api.json("GET", f"/application_plans/{custom}/limits")["limits"]
    assert (first["limit"]["id"], first["limit"]["plan_id"]) == (limit.pk, custom)
    changed = api.json("PUT", f"{limits}/{limit.pk}", value=5)["limit"]
    assert (changed["value"], changed["plan_id"]) == (5, custom)
    assert api.json("GET", f"{limits}/{limit.pk}")["limit"] == changed, "by the old id as well"
    original = f"/application_plans/{acme.plan.pk}/metrics/{acme.hits.pk}/limits/{limit.pk}"
    assert api.json("GET", original)["limit"]["value"] == 3
    api.json("DELETE", f"{limits}/{limit.pk}")
    assert api.json("GET", limits)["limits"] == []

    prices = prices_of(custom, acme.hits.pk)
    listed = api.json("GET", prices)["pricing_rules"]
    assert len(listed) == 2
    for each in listed:  # a client that deletes what it listed
        api.json("DELETE", f"{prices}/{each['pricing_rule']['id']}")
    assert api.json("GET", prices)["pricing_rules"] == []
    assert api.json("GET", f"{prices_of(acme.plan.pk, acme.hits.pk)}/{price.pk}")
