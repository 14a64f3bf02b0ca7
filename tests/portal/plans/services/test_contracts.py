"""Which account plan an account is on, and which products it subscribes to."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.services.contracts import (
    change_account_plan,
    change_service_plan,
    move_subscription,
    subscribe,
)


def subscription(acme: Provider) -> ServiceSubscription:
    return selectors.subscriptions_of(acme.tenant, acme.account).get(product=acme.product)


def test_an_account_changes_its_plan_within_its_tenant(acme: Provider, globex: Provider) -> None:
    gold = services.create_account_plan(acme.tenant, by=BY, name="Gold")
    old = selectors.default_account_plan_of(acme.tenant)
    assert old
    change_account_plan(acme.account, gold, by=BY)
    contract = selectors.contract_of(acme.tenant, acme.account)
    assert contract
    assert contract.plan == gold
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.before, event.after) == (
        "account.plan_changed", {"account_plan_id": old.pk}, {"account_plan_id": gold.pk},
    )  # fmt: skip
    change_account_plan(acme.account, gold, by=BY)
    assert events_of(acme.tenant).last() == event
    foreign = selectors.default_account_plan_of(globex.tenant)
    assert foreign
    with pytest.raises(ValidationError, match="must be of the same tenant"):
        change_account_plan(acme.account, foreign, by=BY)


def test_an_account_subscribes_to_a_product_once(acme: Provider, globex: Provider) -> None:
    product = acme.another_product()
    plan = product.service_plans.get()
    made = subscribe(acme.account, plan, by=BY)
    assert (made.state, made.product, made.trial_period_expires_at) == ("live", product, None)
    assert made.accepted_at
    with pytest.raises(ValidationError) as failed:
        subscribe(acme.account, plan, by=BY)
    assert list(failed.value.message_dict) == ["plan_id"]
    with pytest.raises(ValidationError, match="must be of the same tenant"):
        subscribe(acme.account, globex.product.service_plans.get(), by=BY)


def test_a_plan_that_asks_for_approval_makes_it_pending(acme: Provider) -> None:
    plan = services.create_service_plan(
        acme.another_product(), by=BY, name="Gold", approval_required=True, trial_period_days=30
    )
    made = subscribe(acme.account, plan, by=BY)
    assert (made.state, made.accepted_at) == ("pending", None)
    expiry = made.trial_period_expires_at
    assert expiry
    assert (expiry - made.created_at).days == 30
    move_subscription(made, "accept")
    assert (made.state, bool(made.accepted_at)) == ("live", True)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("pending", "accept", "live"), ("pending", "suspend", None), ("pending", "resume", None),
        ("live", "accept", None), ("live", "suspend", "suspended"), ("live", "resume", None),
        ("suspended", "accept", None), ("suspended", "resume", "live"),
    ],
)  # fmt: skip
def test_states_change_as_the_table_says(
    acme: Provider, state: str, event: str, after: str | None
) -> None:
    row = subscription(acme)
    ServiceSubscription.objects.filter(pk=row.pk).update(state=state)
    if after is None:
        with pytest.raises(ValidationError) as failed:
            move_subscription(row, event)
        assert failed.value.message_dict == {"state": [f'cannot transition via "{event}"']}
    else:
        move_subscription(row, event)
    row.refresh_from_db()
    assert row.state == (after or state)


def test_a_subscription_changes_its_plan_within_the_product(acme: Provider) -> None:
    gold = services.create_service_plan(acme.product, by=BY, name="Gold")
    row = subscription(acme)
    change_service_plan(row, gold, by=BY)
    assert subscription(acme).plan == gold
    elsewhere = acme.another_product().service_plans.get()
    with pytest.raises(ValidationError, match="must belong to the subscription's service"):
        change_service_plan(row, elsewhere, by=BY)
