"""A subscription's states, and the applications that hang on it."""

from __future__ import annotations

import pytest

from portal.people import BY, Provider
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.subscriptions import change_subscription_state
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import subscriptions_of
from tollway.portal.plans.services import create_application_plan, update_plan
from tollway.portal.publish.targets import targets_of

pytestmark = pytest.mark.django_db


def waiting(acme: Provider) -> ServiceSubscription:
    """Return the subscription, as if it and the application waited for approval."""
    rows = subscriptions_of(acme.tenant, acme.account).filter(product=acme.product)
    rows.update(state="pending", accepted_at=None)
    Application.objects.filter(pk=acme.application.pk).update(state="pending")
    return rows.get()


def test_an_approval_takes_the_applications_along_that_need_no_other(acme: Provider) -> None:
    subscription = waiting(acme)
    plan = create_application_plan(acme.another_product(), by=BY, name="Free")
    elsewhere = acme.another_application(plan=plan)
    Application.objects.filter(pk=elsewhere.pk).update(state="pending")
    change_subscription_state(subscription, "accept", by=BY)
    assert (subscription.state, bool(subscription.accepted_at)) == ("live", True)
    states = {each.name: each.state for each in Application.objects.filter(tenant=acme.tenant)}
    assert states == {"App": "live", "Another": "pending"}
    event = events_of(acme.tenant).last()
    assert event
    assert event.kind == "service_subscription.accepted"
    assert event.after["applications"] == [
        {"product_id": acme.product.pk, "application_id": acme.application.application_id}
    ]
    assert targets_of([event]).named == {(acme.product.pk, acme.application.application_id)}


def test_an_application_whose_own_plan_asks_for_approval_goes_on_waiting(acme: Provider) -> None:
    subscription = waiting(acme)
    update_plan(acme.plan, by=BY, approval_required=True)
    change_subscription_state(subscription, "accept", by=BY)
    acme.application.refresh_from_db()
    assert acme.application.state == "pending"


def test_other_moves_leave_applications_alone(acme: Provider) -> None:
    subscription = subscriptions_of(acme.tenant, acme.account).get()
    for event, state in (("suspend", "suspended"), ("resume", "live")):
        change_subscription_state(subscription, event, by=BY)
        assert subscription.state == state
        acme.application.refresh_from_db()
        assert acme.application.state == "live"
