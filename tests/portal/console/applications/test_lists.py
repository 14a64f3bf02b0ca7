"""The lists of applications: all, of a product, of an account; and making a new one."""

from __future__ import annotations

from inspect import unwrap

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.console.visiting import NONCE, admin, member, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import change_state, customize_plan
from tollway.portal.console.applications import index, making, routes
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


def test_every_page_takes_the_permission_to_partners() -> None:
    sections = {vars(route.callback)["access"].section for route in routes.routes}
    assert sections == {User.Section.PARTNERS}
    by_name = {route.name: unwrap(route.callback) for route in routes.routes}
    assert by_name["applications"] is unwrap(index.index)
    assert by_name["application-new"] is unwrap(making.new)
