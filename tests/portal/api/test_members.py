"""A member who is let into some products only has nothing of the others, whatever row they ask."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.api.calls import Api, api_of, token_of
from portal.api.cases import case_of, undone
from portal.api.owned import Owned
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import create_user
from tollway.portal.api.operation import Operation
from tollway.portal.api.operations import OPERATIONS
from tollway.portal.catalog.models import Product

pytestmark = pytest.mark.django_db

# What stands for a product in a path, itself or as what it is about.
OF_PRODUCTS = (
    "/services/{", "/application_plans/{", "/service_plans/{", "/applications/{",
    "/service_subscriptions/{",
)  # fmt: skip
ROWS = [row for row in OPERATIONS if row.section and not row.master]


@pytest.fixture
def other(acme: Provider) -> Product:
    return acme.another_product()


@pytest.fixture
def member(acme: Provider, other: Product) -> Api:
    """A member who may everything, with one product that has nothing."""
    user = create_user(acme.tenant, by=BY, username="limited", email="limited@acme.example")
    User.objects.filter(pk=user.pk).update(
        state=User.State.ACTIVE,
        allowed_sections=User.Section.values,
        allowed_service_ids=[other.pk],
    )
    user.refresh_from_db()
    return Api(api_of(acme).host, token_of(user))


def ask(api: Api, row: Operation, path: str, body: object) -> Any:
    url = f"{path}.json?access_token={api.token}"
    return api.send(row.method, url, json.dumps(body), "application/json")


def test_what_is_of_another_product_is_not_found(acme: Provider, member: Api) -> None:
    own = Owned(acme)
    wrong = []
    for row in ROWS:
        if not any(place in row.path for place in OF_PRODUCTS):
            continue
        with undone():
            case = case_of(row.title)
            case.before(own)
            path = own.path(row, **case.ids(own))
            answer = ask(member, row, path, case.body(own))
        if answer.status_code != 404:
            wrong.append(f"{row.title}: {answer.status_code} {answer.content[:80]!r}")
    assert not wrong, "\n".join(wrong)


def test_lists_leave_other_products_out(acme: Provider, member: Api) -> None:
    own = Owned(acme)
    product, application = acme.product.pk, acme.application.pk
    wrong = []
    for row in ROWS:
        if row.many and not any(place in row.path for place in OF_PRODUCTS):
            text = ask(member, row, own.path(row), {}).content.decode()
            if f'"service_id":{product},' in text or f'/services/{product}"' in text:
                wrong.append(row.title)
    assert not wrong
    services = json.loads(member.call("GET", "/services.json").content)["services"]
    assert [each["service"]["name"] for each in services] == ["Another"]
    assert (
        member.call("GET", f"/applications/find.json?application_id={application}").status_code
        == 404
    )


def test_a_body_cannot_name_another_product(acme: Provider, member: Api, other: Product) -> None:
    account = f"/accounts/{acme.account.pk}"
    for method, path, body in (
        ("POST", f"{account}/applications", {"name": "X", "plan_id": acme.plan.pk}),
        ("POST", f"{account}/service_subscriptions",
         {"plan_id": acme.product.service_plans.get().pk}),
        ("POST", "/signup", {"org_name": "X", "username": "xavier",
                             "application_plan_id": acme.plan.pk}),
        ("POST", "/services", {"name": "One more"}),
    ):  # fmt: skip
        answer = member.call(method, f"{path}.json", body)
        assert answer.status_code in {403, 404, 422}, f"{path}: {answer.content!r}"
    assert member.call("GET", f"/services/{other.pk}.json").status_code == 200


def test_a_member_of_all_products_sees_all(acme: Provider, member: Api) -> None:
    User.objects.filter(username="limited").update(allowed_service_ids=None)
    own = Owned(acme)
    for row in ROWS:
        if row.method == "GET" and not row.errors:
            answer = ask(member, row, own.path(row), case_of(row.title).body(own))
            assert answer.status_code == 200, row.title
