"""Developer accounts: changed, and moved between their states."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.accounts.models import Account
from tollway.portal.accounts.services import accounts, create_fields_definition
from tollway.portal.accounts.signup import make_account
from tollway.portal.events.selectors import events_of


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("created", "make_pending", "pending"),
        ("created", "approve", "approved"),
        ("created", "reject", "rejected"),
        ("approved", "suspend", "suspended"),
        ("suspended", "resume", "approved"),
        ("pending", "approve", "approved"),
        ("pending", "reject", "rejected"),
        ("rejected", "approve", "approved"),
        ("rejected", "make_pending", "pending"),
        ("approved", "reject", "rejected"),
        ("approved", "make_pending", "pending"),
        ("approved", "approve", None),
        ("approved", "resume", None),
        ("suspended", "approve", None),
        ("pending", "suspend", None),
        ("pending", "make_pending", None),
    ],
)
def test_an_account_moves_as_the_table_says(
    acme: Provider, state: str, event: str, after: str | None
) -> None:
    Account.objects.filter(pk=acme.account.pk).update(state=state)
    if after is None:
        with pytest.raises(ValidationError) as failed:
            accounts.change_account_state(acme.account, event, by=BY)
        assert failed.value.message_dict == {"state": [f'cannot transition via "{event}"']}
    else:
        accounts.change_account_state(acme.account, event, by=BY)
        log = events_of(acme.tenant).last()
        assert log
        assert (log.before, log.after) == ({"state": state}, {"state": after})
    acme.account.refresh_from_db()
    assert acme.account.state == (after or state)


def test_an_account_changes_its_fields(acme: Provider) -> None:
    changes: dict[str, Any] = {
        "org_name": "Renamed", "monthly_billing_enabled": False, "city": "Madrid", "vat_rate": 21,
        "annotations": {"managed_by": "operator"},
    }  # fmt: skip
    accounts.update_account(acme.account, by=BY, **changes)
    acme.account.refresh_from_db()
    assert {name: getattr(acme.account, name) for name in changes} == changes
    for wrong in ({"org_name": ""}, {"vat_rate": -1}, {"annotations": {"a": 1}}):
        with pytest.raises(ValidationError) as failed:
            accounts.update_account(acme.account, by=BY, **wrong)
        assert set(failed.value.message_dict) == set(wrong)


def test_an_account_has_the_fields_that_its_tenant_has_defined(acme: Provider) -> None:
    create_fields_definition(
        acme.tenant, by=BY, target="Account", name="size", label="Size", choices=["S", "L"]
    )
    create_fields_definition(
        acme.tenant, by=BY, target="Account", name="city", label="City", required=True
    )
    accounts.update_account(acme.account, by=BY, extra_fields={"size": "L", "colour": "red"})
    acme.account.refresh_from_db()
    assert acme.account.extra_fields == {"size": "L"}
    for changes, errors in (
        ({"extra_fields": {"size": "XL"}}, {"size": ["is not included in the list"]}),
        ({"city": ""}, {"city": ["can't be blank"]}),
    ):
        with pytest.raises(ValidationError) as failed:
            accounts.update_account(acme.account, by=BY, **changes)
        assert failed.value.message_dict == errors
    with pytest.raises(ValidationError) as failed:
        make_account(acme.tenant, {"org_name": "New", "username": "newcomer"})
    assert failed.value.message_dict == {"city": ["can't be blank"]}
