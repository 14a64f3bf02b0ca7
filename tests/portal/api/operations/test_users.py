"""Users of accounts and of the admin portal through the API, in the forms that clients send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.api.calls import Api, api_of, errors_of, token_of
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import create_user, update_permissions
from tollway.portal.api.operations import users

pytestmark = pytest.mark.django_db

NEW = {"username": "newcomer", "email": "new@comer.example", "password": PASSWORD}
ALL = ["portal", "finance", "settings", "partners", "monitoring", "plans", "policy_registry"]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(params=["account", "portal"])
def path(request: pytest.FixtureRequest, acme: Provider) -> str:
    """Both kinds are answered alike."""
    return f"/accounts/{acme.account.pk}/users" if request.param == "account" else "/users"


@pytest.fixture
def member(acme: Provider) -> User:
    return create_user(acme.tenant, by=BY, username="member", email="member@acme.example")


def test_a_user_lives_through_all_states_and_roles(api: Api, path: str) -> None:
    user = api.json("POST", path, **NEW)["user"]
    assert (user["state"], user["role"], user["username"]) == ("pending", "member", "newcomer")
    assert "password" not in user
    one = f"{path}/{user['id']}"
    for verb, field, value in (
        ("activate", "state", "active"), ("suspend", "state", "suspended"),
        ("unsuspend", "state", "active"), ("admin", "role", "admin"),
        ("member", "role", "member"), ("member", "role", "member"),
    ):  # fmt: skip
        assert api.json("PUT", f"{one}/{verb}")["user"][field] == value
    changed = api.json("PUT", one, **{**user, "email": "other@comer.example"})["user"]
    assert changed["email"] == "other@comer.example"
    api.json("DELETE", one)
    assert api.call("GET", f"{one}.json").status_code == 404


def test_lists_are_narrowed_and_apart(api: Api, acme: Provider, path: str) -> None:
    made = api.json("POST", path, **NEW)["user"]["id"]
    first = acme.developer.pk if "accounts" in path else acme.admin.pk
    for query, ids in (
        ("", [first, made]), ("state=active", [first]), ("state=pending", [made]),
        ("role=admin", [first]), ("role=member&state=pending", [made]),
    ):  # fmt: skip
        listed = json.loads(api.call("GET", f"{path}.json?{query}").content)["users"]
        assert sorted(each["user"]["id"] for each in listed) == sorted(ids)


def test_a_refused_suspension_is_told_with_the_whole_user(
    api: Api, acme: Provider, path: str
) -> None:
    user = api.json("POST", path, **NEW)["user"]
    one = f"{path}/{user['id']}"
    answer = api.call("PUT", f"{one}/suspend.json")
    error = json.loads(answer.content)["error"]
    assert (answer.status_code, error["from"], error["event"]) == (422, "pending", "suspend")
    assert error["object"]["id"] == user["id"]
    text = api.call("PUT", f"{one}/suspend.xml").content.decode()
    assert "<error><from>pending</from><event>suspend</event><error>" in text
    assert f"<object><user><id>{user['id']}</id>" in text
    refused = errors_of(api.call("PUT", f"{one}/unsuspend.json"))
    assert refused == {"state": ['cannot transition via "unsuspend"']}
    api.json("PUT", f"{one}/activate")
    again = json.loads(api.call("PUT", f"{one}/activate.json").content)
    assert ("error" in again) is ("accounts" in path), "only for accounts, as 3scale has it"


def test_there_is_always_an_admin_and_nobody_removes_themselves(api: Api, acme: Provider) -> None:
    developer = f"/accounts/{acme.account.pk}/users/{acme.developer.pk}"
    for one in (developer, f"/users/{acme.admin.pk}"):
        for method, verb, status in (
            ("DELETE", "", 403), ("PUT", "/member", 422),
        ):  # fmt: skip
            answer = api.call(method, f"{one}{verb}.json")
            assert (answer.status_code, len(errors_of(answer))) == (status, 1)
    assert User.objects.filter(pk__in=[acme.admin.pk, acme.developer.pk], role="admin").count() == 2


def test_users_of_accounts_are_resumed_by_a_client_s_name(api: Api, acme: Provider) -> None:
    one = f"/accounts/{acme.account.pk}/users/{acme.developer.pk}"
    api.json("PUT", f"{one}/suspend")
    assert api.json("PUT", f"{one}/resume")["user"]["state"] == "active"


@pytest.mark.parametrize("missing", sorted(NEW))
def test_a_user_needs_name_address_and_password(api: Api, path: str, missing: str) -> None:
    body = {name: value for name, value in NEW.items() if name != missing}
    answer = api.call("POST", f"{path}.json", body)
    assert (answer.status_code, errors_of(answer)) == (422, {missing: ["can't be blank"]})


def test_fields_of_the_tenant_s_own_stand_flat_or_together(api: Api, path: str) -> None:
    for name in ("pet", "shoe"):
        api.json("POST", "/fields_definitions", target="User", name=name, label=name)
    user = api.json("POST", path, **NEW, pet="cat", extra_fields={"shoe": 43, "x": 1})["user"]
    assert (user["pet"], user["shoe"], "x" in user) == ("cat", "43", False)
    text = api.call("GET", f"{path}/{user['id']}.xml").content.decode()
    assert "<extra_fields><pet>cat</pet><shoe>43</shoe></extra_fields>" in text
    kept = api.json("PUT", f"{path}/{user['id']}", **{**user, "pet": ""})["user"]
    assert ("pet" in kept, kept["shoe"]) == (False, "43")


PERMISSIONS: list[tuple[str, Any, Any, Any]] = [
    # form or JSON; sections and products afterwards, {} standing for the product's id
    ("allowed_service_ids[]={}&allowed_sections[]=plans&allowed_sections[]=portal", None,
     ["plans", "portal"], "{}"),
    ("allowed_service_ids[]=[]&allowed_sections[]=[]", None, [], []),
    ("allowed_service_ids[]=&allowed_sections[]=", None, [], None),
    ("allowed_service_ids=&allowed_sections[]=finance", None, ["finance"], None),
    ("permissions[allowed_sections][]=finance", None, ["finance"], None),
    ("", {"allowed_service_ids": [], "allowed_sections": ["plans"]}, ["plans"], []),
    ("", {"allowed_service_ids": None, "allowed_sections": None}, [], None),
    ("", {"permissions": {"allowed_sections": ALL}}, ALL, None),
]  # fmt: skip


@pytest.mark.parametrize(("form", "document", "sections", "products"), PERMISSIONS)
def test_permissions_are_set_in_every_form(
    api: Api, acme: Provider, member: User, form: str, document: Any, sections: Any, products: Any
) -> None:
    one, product = f"/users/{member.pk}/permissions.json", acme.product.pk
    url = f"/admin/api{one}?access_token={api.token}"
    body = form.replace("{}", str(product)) if form else json.dumps(document)
    kind = FORM if form else "application/json"
    told = json.loads(api.send("PUT", url, body, kind).content)["permissions"]
    wanted = [product] if products == "{}" else products
    assert (told["allowed_sections"], told["allowed_service_ids"]) == (sections, wanted)
    again = json.loads(api.call("GET", one).content)["permissions"]
    assert again == told
    assert (told["user_id"], told["role"]) == (member.pk, "member")


def test_permissions_that_cannot_be_are_refused(
    api: Api, acme: Provider, globex: Provider, member: User
) -> None:
    one = f"/users/{member.pk}/permissions.json"
    for body in ({"allowed_service_ids": [globex.product.pk]}, {"allowed_sections": ["kitchen"]}):
        answer = api.call("PUT", one, body)
        assert (answer.status_code, errors_of(answer)) == (
            422, {name: ["are invalid"] for name in body},
        )  # fmt: skip


def test_an_admin_may_go_everywhere(api: Api, acme: Provider) -> None:
    told = api.json("GET", f"/users/{acme.admin.pk}/permissions")["permissions"]
    assert (told["allowed_sections"], told["allowed_service_ids"]) == (ALL, None)
    text = api.call("GET", f"/users/{acme.admin.pk}/permissions.xml").content.decode()
    assert "<allowed_sections><allowed_section>portal</allowed_section>" in text


def test_a_member_sees_what_is_permitted_and_manages_no_colleagues(
    acme: Provider, member: User
) -> None:
    member.state = "active"
    member.save()
    update_permissions(member, by=BY, allowed_sections=["partners"])
    theirs = Api(api_of(acme).host, token_of(member))
    assert theirs.call("GET", f"/accounts/{acme.account.pk}/users.json").status_code == 200
    for method, path in (("GET", "/users"), ("PUT", f"/users/{member.pk}/admin")):
        answer = theirs.call(method, f"{path}.json")
        assert (answer.status_code, answer.content) == (403, b'{"status":"Forbidden"}')


def test_every_row_of_colleagues_is_for_admins_only() -> None:
    sections = {row.section for row in users.OPERATIONS if row.path.startswith("/admin/api/users")}
    assert sections == {None}
