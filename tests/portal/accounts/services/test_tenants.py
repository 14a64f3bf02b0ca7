"""Tenants: made with all that is theirs, set up, moved between states, and given keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.people import BY, PASSWORD, Provider, make_master
from tollway.portal.accounts import selectors
from tollway.portal.accounts.services import (
    ACCOUNT_MOVES,
    DELETED_AFTER,
    change_tenant_state,
    create_fields_definition,
    renew_provider_key,
    retire_provider_keys,
    tenants,
    update_account,
    update_settings,
    update_tenant,
)
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.services import create_tenant
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import has_provider_key

NOW = datetime.now(UTC)


def make(master: Tenant, **fields: Any) -> Tenant:
    fields = {"org_name": "Initech", "username": "admin", "password": PASSWORD, **fields}
    return create_tenant(master, by=BY, **fields).tenant


def fresh(tenant: Tenant) -> Tenant:
    return Tenant.objects.get(pk=tenant.pk)


def test_a_tenant_has_an_admin_a_key_and_an_account_under_the_master(master: Tenant) -> None:
    tenant = make(master, subdomain="initech", email="it@initech.example", city="Austin")
    admin = selectors.admins_of(tenant).get()
    assert (admin.username, admin.state, admin.role) == ("admin", "active", "admin")
    assert selectors.admin_by_login(tenant, "admin") == admin
    assert len(bytes.fromhex(tenant.provider_key)) == 16
    assert has_provider_key(tenant, tenant.provider_key, NOW)
    account = selectors.accounts_of(master).get()
    assert (account.provider, account.org_name, account.city) == (tenant, "Initech", "Austin")
    event = events_of(tenant).get()
    assert (event.kind, event.after["subdomain"]) == ("tenant.created", "initech")


def test_a_tenant_begins_closed_with_settings_fields_and_addresses(master: Tenant) -> None:
    tenant = make(master, email="it@initech.example")
    assert len(bytes.fromhex(tenant.site_access_code)) == 5
    assert tenant.support_email == tenant.finance_support_email == "it@initech.example"
    assert (tenant.time_zone, tenant.from_email) == ("UTC", "")
    settings = tenant.settings
    assert (settings.signups_enabled, settings.strong_passwords_enabled) == (True, False)
    assert settings.change_account_plan_permission == "request"
    defined = [(row.target, row.name) for row in selectors.fields_definitions_of(tenant)]
    assert defined == [
        ("Account", "org_name"),
        ("User", "username"), ("User", "email"), ("User", "first_name"), ("User", "last_name"),
        ("Cinstance", "name"), ("Cinstance", "description"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("org_name", "subdomain"),
    [
        ("Initech", "initech"),
        ("ACME & Sons, Ltd.", "acme-sons-ltd"),
        ("Acme", "acme-2"),  # Acme is there already
        ("Mail", "mail-2"),  # reserved
        ("日本", "tenant"),
        ("The Admin Admin", "the"),
    ],
)
def test_a_subdomain_is_made_of_the_name(acme: Provider, org_name: str, subdomain: str) -> None:
    master = Tenant.objects.get(is_master=True)
    assert make(master, org_name=org_name).subdomain == subdomain


@pytest.mark.parametrize(
    ("subdomain", "message"),
    [
        ("acme", "has already been taken"),
        *((name, "is reserved") for name in (
            "master", "admin", "www", "gateway", "staging", "echo", "api", "mail", "acme-admin",
        )),
        *((name, "may have lower case letters, digits and, inside, hyphens only") for name in (
            "Initech", "in itech", "-initech", "initech-", "in.itech", "ïnitech", "in_itech",
        )),
        ("i" * 58, "is too long (maximum is 57 characters)"),
    ],
)  # fmt: skip
def test_a_subdomain_is_refused(acme: Provider, subdomain: str, message: str) -> None:
    master = Tenant.objects.get(is_master=True)
    with pytest.raises(ValidationError) as failed:
        make(master, subdomain=subdomain)
    assert failed.value.message_dict == {"subdomain": [message]}


def test_there_is_one_master(master: Tenant) -> None:
    assert master.is_master
    with pytest.raises(IntegrityError), transaction.atomic():
        make_master()


def test_a_tenant_changes_its_name_here_and_at_the_operator(acme: Provider) -> None:
    update_tenant(acme.tenant, by=BY, org_name="Acme Inc", time_zone="Europe/Madrid")
    account = acme.tenant.master_account
    account.refresh_from_db()
    assert account.org_name == "Acme Inc"
    update_account(account, by=BY, org_name="Acme Ltd")
    assert fresh(acme.tenant).org_name == "Acme Ltd"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("time_zone", "Europe/Atlantis", "is invalid"),
        ("support_email", "nobody", "is invalid"),
        ("from_email", "a@b.c", "is invalid"),
        ("org_name", "", "can't be blank"),
    ],
)
def test_what_a_tenant_cannot_be_is_named(
    acme: Provider, field: str, value: str, message: str
) -> None:
    with pytest.raises(ValidationError) as failed:
        update_tenant(acme.tenant, by=BY, **{field: value})
    assert message in failed.value.message_dict[field]


def test_an_access_code_opens_the_portal_and_stays_out_of_the_log(acme: Provider) -> None:
    update_tenant(acme.tenant, by=BY, site_access_code="sesame")
    event = events_of(acme.tenant).filter(kind="tenant.updated").get()
    assert event.after == {"site_access_code": "changed"}
    update_tenant(acme.tenant, by=BY, site_access_code="")
    assert fresh(acme.tenant).site_access_code == ""


def test_settings_are_changed_and_told(acme: Provider) -> None:
    changes = {"signups_enabled": False, "change_service_plan_permission": "direct"}
    update_settings(acme.tenant, by=BY, **changes)
    event = events_of(acme.tenant).filter(kind="settings.updated").get()
    assert event.after == changes
    update_settings(acme.tenant, by=BY, **changes)
    assert events_of(acme.tenant).filter(kind="settings.updated").count() == 1
    with pytest.raises(ValidationError) as failed:
        update_settings(acme.tenant, by=BY, change_account_plan_permission="maybe")
    wrong = {"change_account_plan_permission": ["is not included in the list"]}
    assert failed.value.message_dict == wrong


def test_a_tenant_scheduled_for_deletion_has_fifteen_days_to_come_back(acme: Provider) -> None:
    change_tenant_state(acme.tenant, "schedule_for_deletion", by=BY)
    assert acme.tenant.state == acme.tenant.master_account.state == "scheduled_for_deletion"
    assert acme.tenant.is_closed
    assert acme.tenant.deletion_at is not None
    assert acme.tenant.deletion_at >= NOW + DELETED_AFTER - timedelta(seconds=1)
    with pytest.raises(ValidationError):
        change_tenant_state(acme.tenant, "schedule_for_deletion", by=BY)
    change_tenant_state(acme.tenant, "resume", by=BY)
    again = fresh(acme.tenant)
    assert (again.state, again.deletion_at) == ("approved", None)


def test_a_renewed_provider_key_is_the_only_one(acme: Provider) -> None:
    old = acme.tenant.provider_key
    new = renew_provider_key(acme.tenant, by=BY)
    tenant = fresh(acme.tenant)
    assert tenant.provider_key == new
    assert has_provider_key(tenant, new, NOW)
    assert not has_provider_key(tenant, old, NOW)


def test_an_old_provider_key_may_be_taken_for_a_while(acme: Provider) -> None:
    first = acme.tenant.provider_key
    second = renew_provider_key(acme.tenant, by=BY, overlap=timedelta(hours=1))
    end = fresh(acme.tenant).old_provider_key_until
    assert end is not None
    for key, at, taken in (
        (first, end - timedelta(seconds=1), True), (first, end, False), (second, end, True),
    ):  # fmt: skip
        assert has_provider_key(fresh(acme.tenant), key, at) is taken
    third = renew_provider_key(acme.tenant, by=BY, overlap=timedelta(hours=2))
    keys = [has_provider_key(fresh(acme.tenant), key, NOW) for key in (first, second, third)]
    assert keys == [False, True, True]


def test_an_old_provider_key_is_forgotten_at_its_end(acme: Provider, globex: Provider) -> None:
    old = acme.tenant.provider_key_digest
    renew_provider_key(acme.tenant, by=BY, overlap=timedelta(hours=1))
    end = fresh(acme.tenant).old_provider_key_until
    assert end is not None
    assert retire_provider_keys(end - timedelta(seconds=1)) == 0
    assert retire_provider_keys(end) == 1
    assert retire_provider_keys(end) == 0
    assert fresh(acme.tenant).old_provider_key_digest == ""
    event = events_of(acme.tenant).filter(kind="tenant.key_retired").get()
    assert event.before == {"provider_key_digests": [old]}


def test_the_log_names_the_keys_that_open_nothing_any_more(acme: Provider) -> None:
    digests = [acme.tenant.provider_key_digest]
    for overlap in (timedelta(hours=1), timedelta(hours=1), timedelta()):
        renew_provider_key(acme.tenant, by=BY, overlap=overlap)
        digests.append(acme.tenant.provider_key_digest)
    events = events_of(acme.tenant).filter(kind="tenant.key_renewed")
    told = [event.before["provider_key_digests"] for event in events]
    assert told == [[], [digests[0]], [digests[1], digests[2]]]


def test_a_field_of_the_operator_s_is_asked_of_its_tenants(master: Tenant) -> None:
    create_fields_definition(
        master, by=BY, target="Account", name="region", label="Region", required=True
    )
    with pytest.raises(ValidationError) as failed:
        make(master)
    assert failed.value.message_dict == {"region": ["can't be blank"]}
    make(master, extra_fields={"region": "EU"})
    assert selectors.accounts_of(master).get().extra_fields == {"region": "EU"}


def test_moves_of_tenants_are_those_of_accounts_and_two_more() -> None:
    assert set(tenants.TENANT_MOVES) - set(ACCOUNT_MOVES) == {"schedule_for_deletion"}
