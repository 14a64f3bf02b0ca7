"""The pages of plans: every kind has them, and only plans of applications have limits."""

from __future__ import annotations

import pytest
from django.db.models import Model
from django.test import RequestFactory

from portal.people import Provider
from tollway.portal.console.plans import listing, routes, toggles, users
from tollway.portal.console.plans.kinds import ACCOUNT, APPLICATION, SERVICE, Kind
from tollway.portal.console.switches import ACCOUNT_PLANS, SERVICE_PLANS, Switch, switch_of
from tollway.portal.plans.services.log import AnyPlan

KINDS = [(APPLICATION, None), (SERVICE, SERVICE_PLANS), (ACCOUNT, ACCOUNT_PLANS)]


@pytest.mark.parametrize(("kind", "switch"), KINDS)
def test_every_kind_has_the_same_pages_behind_its_switch(kind: Kind, switch: Switch | None) -> None:
    found = [route for route in routes.routes if str(route.name).startswith(kind.name)]
    assert len(found) == 12
    assert {switch_of(route.callback) for route in found} == {switch}
    assert kind.has_limits == (kind is APPLICATION)


def test_lists_are_read_and_acts_are_sent() -> None:
    make = RequestFactory()
    assert listing.index(make.post("/"), ACCOUNT).status_code == 405
    assert listing.publish(make.get("/"), ACCOUNT, 1).status_code == 405
    assert toggles.enabled(make.get("/"), 1, 1).status_code == 405


@pytest.mark.django_db
def test_who_is_on_a_plan_is_found_by_its_kind(acme: Provider) -> None:
    subscription = acme.account.service_subscriptions.get()
    plans: list[tuple[AnyPlan, Model, str]] = [
        (acme.plan, acme.application, "name"),
        (subscription.plan, subscription, "account__org_name"),
        (acme.account.contract.plan, acme.account, "org_name"),
    ]
    for plan, user, column in plans:
        found, name = users.users_of(plan)
        assert (list(found), name) == ([user], column)
