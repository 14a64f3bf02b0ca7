"""Sign-up, accounts and their users, through the API."""

from __future__ import annotations

import pytest

from portal.api.calls import Api, errors_of
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.api.operations import accounts
from tollway.portal.plans.services import (
    create_account_plan,
    create_service_plan,
    set_default_plan,
)

pytestmark = pytest.mark.django_db

SIGNUP = {"org_name": "Riders", "username": "rita", "email": "rita@riders.example",
          "password": "a long password"}  # fmt: skip


def test_a_sign_up_makes_an_account_an_admin_and_an_application(api: Api, acme: Provider) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    account = api.json("POST", "/signup", **SIGNUP)["account"]
    assert (account["org_name"], account["state"]) == ("Riders", "approved")
    (user,) = api.json("GET", f"/accounts/{account['id']}/users")["users"]
    assert (user["user"]["username"], user["user"]["role"]) == ("rita", "admin")
    assert User.objects.get(username="rita").check_password("a long password")
    (made,) = api.json("GET", f"/accounts/{account['id']}/applications")["applications"]
    assert (made["application"]["plan_id"], made["application"]["name"]) == (
        acme.plan.pk, "API signup",
    )  # fmt: skip


def test_a_sign_up_can_name_its_plan_and_may_lack_mail_and_password(
    api: Api, acme: Provider
) -> None:
    account = api.json(
        "POST", "/signup", org_name="X", username="xavier", application_plan_id=acme.plan.pk
    )["account"]
    assert len(api.json("GET", f"/accounts/{account['id']}/applications")["applications"]) == 1
    unknown = {**SIGNUP, "application_plan_id": 999999}
    assert api.call("POST", "/signup.json", unknown).status_code == 404
    assert not User.objects.filter(username="rita").exists()


def test_a_sign_up_can_name_all_three_plans(api: Api, acme: Provider) -> None:
    account_plan = create_account_plan(acme.tenant, by=BY, name="Gold", approval_required=True)
    service_plan = create_service_plan(acme.product, by=BY, name="Gold")
    chosen = {
        "account_plan_id": account_plan.pk,
        "service_plan_id": service_plan.pk,
        "application_plan_id": acme.plan.pk,
    }
    made = api.json("POST", "/signup", **SIGNUP, **chosen)["account"]
    path = f"/accounts/{made['id']}"
    assert made["state"] == "pending"
    assert api.json("GET", f"{path}/plan")["account_plan"]["id"] == account_plan.pk
    (row,) = api.json("GET", f"{path}/service_subscriptions")["service_subscriptions"]
    assert row["service_subscription"]["plan_id"] == service_plan.pk
    for name in chosen:
        wrong = {**SIGNUP, "username": "other", "email": "o@x.example", name: 999999}
        assert api.call("POST", "/signup.json", wrong).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("org_name", "", "can't be blank"),
        ("username", "", "can't be blank"),
        ("username", "john", "has already been taken"),
        ("email", "john@dev.example", "has already been taken"),
        ("email", "nobody", "is invalid"),
        ("password", "short", "is too short (minimum is 6 characters)"),
    ],
)
def test_what_a_sign_up_cannot_be_is_named(
    api: Api, acme: Provider, field: str, value: str, message: str
) -> None:
    response = api.call("POST", "/signup.json", {**SIGNUP, field: value})
    assert (response.status_code, errors_of(response)) == (422, {field: [message]})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "john"}, 200),
        ({"email": "JOHN@dev.example"}, 200),
        ({"username": "john", "email": "nobody@dev.example"}, 200),
        ({"username": "nobody", "email": "john@dev.example"}, 404),
        ({"username": "admin"}, 404),
        ({"user_id": 999999}, 404),
        ({}, 404),
    ],
)
def test_an_account_is_found_by_one_of_its_users(
    api: Api, acme: Provider, body: dict[str, object], status: int
) -> None:
    """The parameters are the JSON body of a GET, as 3scale's Python client sends them."""
    response = api.call("GET", "/accounts/find.json", body)
    assert response.status_code == status
    by_id = api.json("GET", "/accounts/find", user_id=acme.developer.pk)
    assert by_id["account"]["id"] == acme.account.pk


def test_an_account_moves_between_its_states(api: Api, acme: Provider) -> None:
    path = f"/accounts/{acme.account.pk}"
    for event, state in (
        ("make_pending", "pending"), ("approve", "approved"), ("reject", "rejected"),
        ("approve", "approved"),
    ):  # fmt: skip
        assert api.json("PUT", f"{path}/{event}")["account"]["state"] == state
    response = api.call("PUT", f"{path}/approve.json")
    assert errors_of(response) == {"state": ['cannot transition via "approve"']}
    api.json("PUT", f"{path}/make_pending")
    for state, count in (("pending", 1), ("approved", 0), ("", 1)):
        listed = api.call("GET", f"/accounts.json?state={state}")
        assert listed.content.count(b'"org_name"') == count


def test_an_account_is_changed_and_removed_with_all_it_has(api: Api, acme: Provider) -> None:
    path = f"/accounts/{acme.account.pk}"
    body = {"org_name": "New name", "monthly_billing_enabled": False}
    changed = api.json("PUT", path, **body)["account"]
    assert (changed["org_name"], changed["monthly_billing_enabled"]) == ("New name", False)
    api.json("DELETE", path)
    assert api.call("GET", f"{path}.json").status_code == 404
    assert api.json("GET", "/applications")["applications"] == []


def test_users_are_narrowed_by_state_and_role(api: Api, acme: Provider) -> None:
    path = f"/accounts/{acme.account.pk}/users"
    for query, count in (("state=active", 1), ("state=suspended", 0), ("role=member", 0)):
        assert api.call("GET", f"{path}.json?{query}").content.count(b'"username"') == count
    assert api.json("GET", f"{path}/{acme.developer.pk}")["user"]["username"] == "john"


def test_sign_up_takes_flat_fields_only(api: Api) -> None:
    [sign_up] = [each for each in accounts.OPERATIONS if each.path.endswith("/signup")]
    path = f"{sign_up.path.removeprefix('/admin/api')}.json"
    refused = api.call(sign_up.method, path, {"account": SIGNUP})
    assert refused.status_code == 422
    assert "org_name" in errors_of(refused)
