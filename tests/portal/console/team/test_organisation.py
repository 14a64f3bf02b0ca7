"""The organisation's own page: its name, and the currency of its prices."""

from __future__ import annotations

import pytest

from portal.console.visiting import admin, member, seen, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.console.team.organisation import OrganisationForm
from tollway.portal.plans.services import update_plan
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

PATH = "/p/admin/account/edit"


def now(provider: Provider) -> Tenant:
    return Tenant.objects.get(pk=provider.tenant.pk)


def test_name_and_currency_are_changed_and_prices_follow(acme: Provider) -> None:
    update_plan(acme.plan, by=BY, cost_per_month=49)
    client = admin(acme)
    plan = f"/apiconfig/application_plans/{acme.plan.pk}/edit"
    assert "Cost per month EUR 49.00" in text(client.get(plan))
    changed = client.post(PATH, {"org_name": "Acme Transit", "currency": "CHF"})
    assert changed.status_code == 302
    assert "Prices are in CHF." in toasts(client)
    assert (now(acme).org_name, now(acme).currency) == ("Acme Transit", "CHF")
    page = text(client.get(plan))
    assert ("Cost per month CHF 49.00" in page, "CHF each" in page) == (True, True)
    assert "CHF 49.00" in text(
        client.get(f"/apiconfig/services/{acme.product.pk}/application_plans")
    )
    assert "Prices are in CHF" in text(client.get(f"{plan}?tab=details"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"org_name": "", "currency": "EUR"}, "Enter the name of your organisation."),
        ({"org_name": "Acme", "currency": "XXX"}, "Choose a currency of the list."),
        ({"org_name": "Acme", "currency": "eur"}, "Choose a currency of the list."),
        ({"org_name": "x" * 256, "currency": "EUR"}, "at most 255"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_changes(
    acme: Provider, given: dict[str, str], said: str
) -> None:
    response = admin(acme).post(PATH, given)
    assert (response.status_code, said in text(response)) == (422, True)
    assert (now(acme).org_name, now(acme).currency) == ("Acme", "EUR")


def test_two_editors_see_each_other_and_it_takes_the_permission(acme: Provider) -> None:
    client = admin(acme)
    before = seen(client.get(PATH))
    client.post(PATH, {"org_name": "Theirs", "currency": "USD"})
    mine = {"org_name": "Mine", "currency": "EUR", "seen": before}
    clash = client.post(PATH, mine)
    assert (clash.status_code, "Theirs" in text(clash)) == (409, True)
    assert now(acme).org_name == "Theirs"
    assert member(acme, User.Section.PLANS).post(PATH, mine).status_code == 403
    assert OrganisationForm({"org_name": "x", "currency": "EUR"}).is_valid()
