"""Tenants, accounts and access tokens: made, moved between states, and given keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.people import BY, PASSWORD, Provider, make_master
from tollway.portal.accounts import selectors, services
from tollway.portal.accounts.models import AccessToken, Account
from tollway.portal.accounts.signup import expect, make_account
from tollway.portal.events.selectors import events_of
from tollway.portal.tenants.models import Tenant
from tollway.portal.tenants.selectors import has_provider_key


def make(master: Tenant, **fields: Any) -> Tenant:
    return services.create_tenant(
        master,
        by=BY,
        **{"org_name": "Initech", "username": "admin", "password": PASSWORD, **fields},
    ).tenant


def test_a_tenant_has_an_admin_a_key_and_an_account_under_the_master(master: Tenant) -> None:
    tenant = make(master, subdomain="initech")
    admin = selectors.admins_of(tenant).get()
    assert (admin.username, admin.state, admin.role) == ("admin", "active", "admin")
    assert selectors.admin_by_login(tenant, "admin") == admin
    assert len(bytes.fromhex(tenant.provider_key)) == 16
    assert has_provider_key(tenant, tenant.provider_key)
    assert selectors.accounts_of(master).get().provider == tenant
    event = events_of(tenant).get()
    assert (event.kind, event.after["subdomain"]) == ("tenant.created", "initech")


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


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("approved", "suspend", "suspended"),
        ("suspended", "resume", "approved"),
        ("pending", "approve", "approved"),
        ("rejected", "approve", "approved"),
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
            services.change_account_state(acme.account, event, by=BY)
        assert failed.value.message_dict == {"state": [f'cannot transition via "{event}"']}
    else:
        services.change_account_state(acme.account, event, by=BY)
        log = events_of(acme.tenant).last()
        assert log
        assert (log.before, log.after) == ({"state": state}, {"state": after})
    acme.account.refresh_from_db()
    assert acme.account.state == (after or state)


def test_a_tenant_scheduled_for_deletion_can_come_back(acme: Provider) -> None:
    services.change_tenant_state(acme.tenant, "schedule_for_deletion", by=BY)
    assert acme.tenant.state == "scheduled_for_deletion"
    services.change_tenant_state(acme.tenant, "resume", by=BY)
    assert acme.tenant.state == "approved"


def test_a_renewed_provider_key_is_the_only_one(acme: Provider) -> None:
    old = acme.tenant.provider_key
    new = services.renew_provider_key(acme.tenant, by=BY)
    acme.tenant.refresh_from_db()
    assert acme.tenant.provider_key == new
    assert has_provider_key(acme.tenant, new)
    assert not has_provider_key(acme.tenant, old)


def test_an_account_changes_its_name(acme: Provider) -> None:
    services.update_account(acme.account, by=BY, org_name="Renamed", monthly_billing_enabled=False)
    acme.account.refresh_from_db()
    assert (acme.account.org_name, acme.account.monthly_billing_enabled) == ("Renamed", False)
    with pytest.raises(ValidationError):
        services.update_account(acme.account, by=BY, org_name="")


def test_developers_and_admins_have_names_of_their_own(acme: Provider) -> None:
    made = services.create_account(acme.tenant, by=BY, org_name="Twin", username="admin")
    assert selectors.developer_by_login(acme.tenant, "admin") == made.user
    assert selectors.admin_by_login(acme.tenant, "admin") == acme.admin
    assert selectors.developer_by_login(acme.tenant, "JOHN@dev.example") == acme.developer
    assert selectors.developer_by_login(acme.tenant, "") is None


def test_without_a_password_nobody_signs_in(acme: Provider) -> None:
    made = make_account(acme.tenant, {"org_name": "New", "username": "newcomer"})
    assert not made.user.has_usable_password()
    with pytest.raises(TypeError, match="an account has no plan"):
        expect({"plan": 1})


def test_a_token_s_value_is_shown_once_and_not_kept(acme: Provider) -> None:
    value = services.create_access_token(
        acme.admin, by=BY, name="CI", permission="ro", scopes=["stats", "cms"]
    )
    token = selectors.access_token_by_value(acme.tenant, value)
    assert token
    assert (token.user, token.name, token.permission) == (acme.admin, "CI", "ro")
    assert list(selectors.access_tokens_of(acme.tenant, acme.admin)) == [token]
    columns = AccessToken.objects.filter(pk=token.pk).values().get()
    assert value not in str(columns)
    services.delete_access_token(token, by=BY)
    assert selectors.access_token_by_value(acme.tenant, value) is None


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"permission": "rwx"}, {"permission": ["is not included in the list"]}),
        ({"scopes": []}, {"scopes": ["can't be blank"]}),
        ({"scopes": ["everything"]}, {"scopes": ["are invalid"]}),
        ({"scopes": "stats"}, {"scopes": ["are invalid"]}),
        ({"expires_at": "soon"}, {"expires_at": ["is invalid"]}),
    ],
)
def test_a_token_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    given = {"name": "CI", "permission": "rw", "scopes": ["stats"], **fields}
    with pytest.raises(ValidationError) as failed:
        services.create_access_token(acme.admin, by=BY, **given)
    assert failed.value.message_dict == errors
