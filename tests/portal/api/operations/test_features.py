"""Features and the plans that include them, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import BY, Provider
from tollway.portal.api.operations import features
from tollway.portal.plans.services import create_feature

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sent", "scope"),
    [
        ({}, "application_plan"), ({"scope": "ApplicationPlan"}, "application_plan"),
        ({"scope": "ServicePlan"}, "service_plan"), ({"scope": "service_plan"}, "service_plan"),
    ],
)  # fmt: skip
def test_a_feature_of_a_product_has_a_scope(
    api: Api, acme: Provider, sent: dict[str, str], scope: str
) -> None:
    path = f"/services/{acme.product.pk}/features"
    made = api.json("POST", path, name="Great speed", **sent)["feature"]
    assert (made["system_name"], made["scope"], made["visible"]) == ("great_speed", scope, True)
    one = f"{path}/{made['id']}"
    assert api.json("PUT", one, visible=False, description="x")["feature"]["visible"] is False
    again = api.call("POST", f"{path}.json", {"name": "X", "system_name": "great_speed"})
    assert errors_of(again) == {"system_name": ["has already been taken"]}
    api.json("DELETE", one)
    assert api.json("GET", path)["features"] == []


def test_each_kind_of_plan_includes_features_of_its_scope(api: Api, acme: Provider) -> None:
    of_account = create_feature(acme.tenant, by=BY, name="A").pk
    of_application = create_feature(acme.product, by=BY, name="B").pk
    of_service = create_feature(acme.product, by=BY, name="C", scope="service_plan").pk
    contract, subscription = acme.account.contract, acme.account.service_subscriptions.get()
    for plan, own, of_other_scope, unknown in (
        (f"/account_plans/{contract.plan_id}", of_account, None, of_service),
        (f"/service_plans/{subscription.plan_id}", of_service, of_application, of_account),
        (f"/application_plans/{acme.plan.pk}", of_application, of_service, of_account),
    ):
        path = f"{plan}/features"
        assert api.json("POST", path, feature_id=own)["feature"]["id"] == own
        assert [x["feature"]["id"] for x in api.json("GET", path)["features"]] == [own]
        assert api.call("POST", f"{path}.json", {"feature_id": unknown}).status_code == 404
        if of_other_scope is not None:
            wrong = api.call("POST", f"{path}.json", {"feature_id": of_other_scope})
            assert list(errors_of(wrong)) == ["feature_id"]
        api.json("DELETE", f"{path}/{own}")
        assert api.json("GET", path)["features"] == []
        assert api.call("DELETE", f"{path}/{own}.json").status_code == 404


def test_members_may_change_product_plans_or_account_plans() -> None:
    sections = {(row.path.split("/")[3], row.section) for row in features.OPERATIONS}
    assert sections == {
        ("features", "partners"), ("account_plans", "partners"), ("services", "plans"),
        ("service_plans", "plans"), ("application_plans", "plans"),
    }  # fmt: skip
