"""An account is on one account plan, and on one service plan of a product."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.people import BY, Provider
from tollway.portal.plans.models.contracts import AccountContract, ServiceSubscription
from tollway.portal.plans.models.plans import DAYS_MAX
from tollway.portal.plans.services import create_account_plan, create_service_plan, update_plan


def test_an_account_is_on_one_plan(acme: Provider) -> None:
    gold = create_account_plan(acme.tenant, by=BY, name="Gold")
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountContract.objects.create(tenant=acme.tenant, account=acme.account, plan=gold)
    assert str(AccountContract.objects.get(account=acme.account)) == "Developer on Default"


def test_an_account_subscribes_to_a_product_once(acme: Provider) -> None:
    gold = create_service_plan(acme.product, by=BY, name="Gold")
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceSubscription.objects.create(
            tenant=acme.tenant, account=acme.account, product=acme.product, plan=gold
        )


def test_the_longest_trial_ends_within_the_calendar(acme: Provider) -> None:
    subscription = acme.account.service_subscriptions.get()
    assert subscription.trial_period_expires_at is None
    update_plan(subscription.plan, by=BY, trial_period_days=DAYS_MAX)
    lasts = acme.account.service_subscriptions.get().trial_period_expires_at
    assert lasts == subscription.created_at + timedelta(days=DAYS_MAX)
