"""Trial accounts are like those that signed up, whatever their number."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts.selectors import accounts_of
from tollway.portal.applications.selectors import (
    application_by_user_key,
    applications_of,
    key_by_value,
    keys_of,
)
from tollway.portal.applications.services import create_application
from tollway.portal.catalog.selectors import products_of
from tollway.portal.onboarding import bulk
from tollway.portal.plans.selectors import contract_of
from tollway.portal.plans.services import set_default_plan
from tollway.portal.tenants.models import Tenant


def test_each_account_has_a_user_contracts_an_application_and_a_key(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 4)
    set_default_plan(acme.product, acme.plan, by=BY)
    told: list[int] = []
    bulk.fill(acme.tenant, 10, by=BY, told=told.append)
    bulk.fill(acme.tenant, 2, by=BY)
    assert told == [4, 8, 10]
    made = accounts_of(acme.tenant).filter(org_name__startswith="Trial")
    assert [account.org_name for account in made] == [f"Trial {n:06}" for n in range(12)]
    for account in made:
        assert contract_of(acme.tenant, account)
        assert account.users.get().is_admin
        application = applications_of(acme.tenant, account).get()
        assert application_by_user_key(acme.tenant, application.user_key) == application
        key = keys_of(acme.tenant, application).get()
        assert key_by_value(acme.tenant, application, key.value) == key


def test_trial_accounts_may_do_what_others_may(acme: Provider) -> None:
    set_default_plan(acme.product, acme.plan, by=BY)
    bulk.fill(acme.tenant, 1, by=BY)
    account = accounts_of(acme.tenant).get(org_name="Trial 000000")
    assert create_application(account, by=BY, plan=acme.plan, name="Mine").state == "live"


def test_without_a_default_plan_nothing_is_made(master: Tenant) -> None:
    assert not products_of(master)
    with pytest.raises(ValidationError, match="has no default application plan"):
        bulk.fill(master, 1, by=BY)
    assert not accounts_of(master).filter(org_name__startswith="Trial")
