"""Wishes for another service plan or account plan: told once a day, settled by a change of plan."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway import clock
from tollway.portal.events.models import Event
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.selectors import default_account_plan_of, subscriptions_of
from tollway.portal.plans.services import (
    change_account_plan,
    change_service_plan,
    create_account_plan,
    create_service_plan,
)
from tollway.portal.plans.services.wishes import (
    AGAIN_AFTER,
    request_account_plan,
    request_service_plan,
    wish_for,
)


def subscription_of(provider: Provider) -> ServiceSubscription:
    return subscriptions_of(provider.tenant, provider.account).get(product=provider.product)


def test_a_wish_for_a_service_plan_is_open_until_the_plan_changes(acme: Provider) -> None:
    subscription = subscription_of(acme)
    gold = create_service_plan(acme.product, by=BY, name="Gold")
    assert request_service_plan(subscription, gold, by=BY)
    assert not request_service_plan(subscription, gold, by=BY), "within a day"
    wish = wish_for("service_subscription", subscription)
    assert wish is not None
    assert (wish.after["plan_id"], wish.after["plan"]) == (gold.pk, "Gold")
    assert subscription_of(acme).plan != gold
    earlier = clock.utc_now() - AGAIN_AFTER - timedelta(seconds=1)
    Event.objects.filter(pk=wish.pk).update(at=earlier)
    assert request_service_plan(subscription, gold, by=BY)
    change_service_plan(subscription, gold, by=BY)
    assert wish_for("service_subscription", subscription) is None


def test_a_wish_for_an_account_plan_is_open_until_the_plan_changes(acme: Provider) -> None:
    gold = create_account_plan(acme.tenant, by=BY, name="Gold")
    assert request_account_plan(acme.account, gold, by=BY)
    assert not request_account_plan(acme.account, gold, by=BY)
    wish = wish_for("account", acme.account)
    assert wish is not None
    assert (wish.kind, wish.after["plan"]) == ("account.plan_requested", "Gold")
    change_account_plan(acme.account, gold, by=BY)
    assert wish_for("account", acme.account) is None


def test_what_cannot_be_wished_for(acme: Provider, globex: Provider) -> None:
    subscription = subscription_of(acme)
    with pytest.raises(ValidationError, match="already"):
        request_service_plan(subscription, subscription.plan, by=BY)
    with pytest.raises(ValidationError, match="must belong to"):
        request_service_plan(subscription, subscription_of(globex).plan, by=BY)
    mine, theirs = map(default_account_plan_of, (acme.tenant, globex.tenant))
    assert mine
    assert theirs
    with pytest.raises(ValidationError, match="already"):
        request_account_plan(acme.account, mine, by=BY)
    with pytest.raises(ValidationError, match="same tenant"):
        request_account_plan(acme.account, theirs, by=BY)
    assert not Event.objects.filter(kind__endswith=".plan_requested").exists()
