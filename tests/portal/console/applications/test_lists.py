"""The lists of applications: all, of a product, of an account; and making a new one."""

from __future__ import annotations

from datetime import timedelta
from inspect import unwrap
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import NONCE, admin, member, text, toasts
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.models import Account, User
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import (
    change_state,
    create_application,
    customize_plan,
    sign_up,
)
from tollway.portal.console.applications import filters, index, making, routes
from tollway.portal.plans.services import create_application_plan
from tollway.portal.tenants.models import TenantSettings

pytestmark = pytest.mark.django_db

LIST = "/p/admin/applications"


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def lists_of(provider: Provider) -> list[str]:
    return [
        LIST,
        f"/apiconfig/services/{provider.product.pk}/applications",
        f"/buyers/accounts/{provider.account.pk}/applications",
    ]


def new_of(provider: Provider) -> str:
    return f"/buyers/accounts/{provider.account.pk}/applications/new"


def test_each_list_has_the_applications_with_plan_and_state(acme: Provider, client: Client) -> None:
    for path in lists_of(acme):
        shown = text(client.get(path))
        assert ("App" in shown, "Basic" in shown, "Live" in shown) == (True, True, True)
        assert " 1 application " in shown


def test_a_list_of_many_has_pages_and_costs_the_same(
    acme: Provider, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(55):
        customize_plan(acme.another_application(name=f"Number {number:02}"), by=BY)
    for path in lists_of(acme):
        with django_assert_max_num_queries(20):
            assert "50 of 56 applications" in text(client.get(path))


def test_an_application_is_found_by_name_key_and_id(acme: Provider, client: Client) -> None:
    wanted = acme.another_application(name="Night bus")
    for asked in ("night", wanted.user_key, wanted.application_id, str(wanted.pk)):
        shown = text(client.get(LIST, {"q": asked}))
        assert (asked, "Night bus" in shown, " 1 application " in shown) == (asked, True, True)
    assert "No applications match “zebra”" in text(client.get(LIST, {"q": "zebra"}))


def test_filters_narrow_and_what_is_no_choice_does_not(acme: Provider, client: Client) -> None:
    paid = create_application_plan(acme.product, by=BY, name="Dear", cost_per_month=9)
    rich = acme.another_application(name="Rich", plan=paid)
    change_state(rich, "suspend", by=BY)
    product = acme.product.pk
    for asked in ({"state": "suspended"}, {"type": "paid"}, {"state": "suspended", "q": "ri"}):
        assert " 1 application " in text(client.get(LIST, asked))
    for odd in ({"state": "x"}, {"product": "'"}, {"type": "\0"}, {"sort": "x", "page": "x"}):
        assert " 2 applications " in text(client.get(LIST, odd))
    assert " 2 applications " in text(client.get(LIST, {"product": product}))
    of_product = f"/apiconfig/services/{product}/applications"
    assert " 1 application " in text(client.get(of_product, {"plan": paid.pk}))


def test_applications_are_found_by_account_plan_day_and_calls(
    acme: Provider, client: Client
) -> None:
    paid = create_application_plan(acme.product, by=BY, name="Dear", cost_per_month=9)
    night = sign_up(acme.tenant, by=BY, org_name="Night Bus", username="maya", email="m@n.example")
    rich = create_application(night.account, by=BY, plan=paid, name="Rich")
    now = clock.utc_now()
    Application.objects.filter(pk=rich.pk).update(
        created_at=now - timedelta(days=40), last_traffic_at=now - timedelta(days=10)
    )
    old, recent = ((now - timedelta(days=days)).date().isoformat() for days in (40, 39))
    product = {"product": acme.product.pk}
    found: list[dict[str, Any]] = [
        {"account": "night"},
        {**product, "plan": paid.pk},
        {"created_to": old},
        {"created_from": old, "created_to": old},
        {"traffic": "month"},
        {"traffic": "no-week", "account": "night"},
    ]
    for asked in found:
        shown = text(client.get(LIST, asked))
        assert (asked, "Rich" in shown, " 1 application " in shown) == (asked, True, True)
    missed = [
        {"traffic": "week"},
        {"traffic": "never", "account": "night"},
        {"created_from": recent},
        {"traffic": "day", "account": "night"},
        {"traffic": "no-month", "account": "night"},
    ]
    for asked in missed:
        assert (asked, "Rich" in text(client.get(LIST, asked))) == (asked, False)
    for odd in ({"created_from": "x"}, {"created_to": "9999-12-31"}, {"traffic": "x"}, {"plan": 1}):
        assert " 2 applications " in text(client.get(LIST, odd))
    assert "9 Feb" not in text(client.get(LIST, {"sort": "-traffic"}))
    for value, _ in filters.TRAFFIC:
        page = client.get(LIST, {"traffic": value}).content.decode()
        assert f'value="{value}" selected' in page


def test_an_account_is_searched_for_and_its_application_made(
    acme: Provider, globex: Provider, client: Client
) -> None:
    for number in range(making.FOUND_MAX + 1):
        Account.objects.create(tenant=acme.tenant, org_name=f"Night Bus {number:02}")
    of_product = f"/apiconfig/services/{acme.product.pk}/applications/new"
    for start in (f"{LIST}/new", of_product):
        assert f'href="{start}"' in client.get(start.removesuffix("/new")).content.decode()
        shown = text(client.get(start))
        assert f"{making.FOUND_MAX} of {making.FOUND_MAX + 2} accounts" in shown
        found = client.get(start, {"q": "john"})
        assert "Developer" in text(found)
        assert "Night Bus" not in text(found)
        assert f'href="{new_of(acme)}' in found.content.decode()
        assert "No accounts match" in text(client.get(start, {"q": "zebra"}))
    assert f"{new_of(acme)}?product={acme.product.pk}" in client.get(of_product).content.decode()
    create_application_plan(acme.another_product("Other"), by=BY, name="Other plan")
    narrowed = text(client.get(new_of(acme), {"product": acme.product.pk}))
    assert ("API: Basic" in narrowed, "Other plan" in narrowed) == (True, False)
    assert "Other plan" in text(client.get(new_of(acme)))
    assert admin(globex).get(of_product).status_code == 404


def test_a_member_sees_the_applications_of_own_products_alone(acme: Provider) -> None:
    other = acme.another_product()
    client = member(acme, User.Section.PARTNERS, products=[other.pk])
    everywhere, of_product, of_account = lists_of(acme)
    assert "No applications yet" in text(client.get(everywhere))
    assert f"{LIST}/{acme.application.pk}" not in client.get(everywhere).content.decode()
    assert f"{LIST}/{acme.application.pk}" not in client.get(of_account).content.decode()
    assert client.get(of_product).status_code == 404
    assert client.get(f"{LIST}/{acme.application.pk}").status_code == 404
    assert "API: Basic" not in text(client.get(new_of(acme)))


def test_a_stranger_sees_nothing_of_it(acme: Provider, globex: Provider) -> None:
    client = admin(globex)
    assert client.get(lists_of(acme)[2]).status_code == 404
    assert client.get(new_of(acme)).status_code == 404
    assert f"{LIST}/{acme.application.pk}" not in client.get(LIST).content.decode()


def test_an_application_is_made_once(acme: Provider, client: Client) -> None:
    sent = {"name": "Night bus", "plan": acme.plan.pk, "once": NONCE}
    places = {client.post(new_of(acme), sent)["Location"] for _ in range(2)}
    made = Application.objects.get(name="Night bus")
    assert places == {f"{LIST}/{made.pk}"}
    assert (made.account, made.plan) == (acme.account, acme.plan)
    assert "Night bus is there" in toasts(client)


WRONG = [
    ("name", "", "Enter a name."),
    ("plan", "", "Choose a plan."),
    ("plan", "0", "This plan is gone."),
    ("plan", "x", "This plan is gone."),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
def test_what_is_wrong_is_said_and_nothing_is_made(
    acme: Provider, client: Client, field: str, value: str, message: str
) -> None:
    sent = {"name": "Night bus", "plan": acme.plan.pk, "description": "Kept", field: value}
    response = client.post(new_of(acme), sent)
    assert response.status_code == 422
    assert message in text(response)
    assert "Kept" in text(response)
    assert Application.objects.filter(tenant=acme.tenant).count() == 1


def test_a_plan_of_another_tenant_is_none(acme: Provider, globex: Provider, client: Client) -> None:
    sent = {"name": "Night bus", "plan": globex.plan.pk}
    assert client.post(new_of(acme), sent).status_code == 422


def test_an_account_that_may_have_one_only_is_told_so(acme: Provider, client: Client) -> None:
    TenantSettings.objects.filter(tenant=acme.tenant).update(multiple_applications=False)
    assert "accounts may have one only" in text(client.get(new_of(acme)))
    response = client.post(new_of(acme), {"name": "Second", "plan": acme.plan.pk})
    assert response.status_code == 422
    assert "An account can have one application only" in text(response)


def test_every_page_takes_the_permission_to_partners_but_for_usage() -> None:
    sections = {str(r.name): vars(r.callback)["access"].section for r in routes.routes}
    assert sections.pop("application-usage-sheet") == User.Section.MONITORING
    assert set(sections.values()) == {User.Section.PARTNERS}
    by_name = {route.name: unwrap(route.callback) for route in routes.routes}
    assert by_name["applications"] is unwrap(index.index)
    assert by_name["application-new"] is unwrap(making.new)
