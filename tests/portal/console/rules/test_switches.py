"""Feature switches: on, off, back again, and what obeys them."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.console.visiting import admin, member, text, toasts
from portal.people import BY, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import SETTINGS_FIELDS, update_settings
from tollway.portal.console.rules.switches import SWITCHES
from tollway.portal.events.models import Event
from tollway.portal.tenants.models import Tenant, TenantSettings

pytestmark = pytest.mark.django_db

PATH = "/p/admin/cms/switches"


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


@pytest.mark.parametrize("column", SWITCHES)
def test_a_switch_is_turned_and_turned_back(acme: Provider, client: Client, column: str) -> None:
    assert column in SETTINGS_FIELDS
    before = getattr(TenantSettings.objects.get(tenant=acme.tenant), column)
    for wanted in (not before, before):
        assert client.post(f"{PATH}/{column}", {"on": "1" if wanted else ""}).status_code == 302
        assert getattr(TenantSettings.objects.get(tenant=acme.tenant), column) == wanted
        switch = SWITCHES[column]
        page = text(client.get(PATH))
        assert (switch.on if wanted else switch.off) in page
        assert f"{switch.title}: {'on' if wanted else 'off'}" in page
    kinds = Event.objects.filter(tenant=acme.tenant, kind="settings.updated")
    assert kinds.count() == 2


def test_turning_to_where_it_is_already_changes_nothing_and_says_who(
    acme: Provider, client: Client
) -> None:
    update_settings(acme.tenant, by=BY, multiple_users=False)
    assert client.post(f"{PATH}/multiple_users", {"on": ""}).status_code == 302
    assert "Several users per account: off already" in toasts(client)
    assert Event.objects.filter(kind="settings.updated").count() == 1
    assert client.post(f"{PATH}/hide_service", {"on": "1"}).status_code == 404


def test_a_member_without_settings_turns_nothing(acme: Provider) -> None:
    answer = member(acme, User.Section.PARTNERS).post(f"{PATH}/multiple_users", {"on": ""})
    assert answer.status_code == 403
    assert TenantSettings.objects.get(tenant=acme.tenant).multiple_users


def test_without_several_users_nobody_is_invited_and_the_page_says_so(
    acme: Provider, client: Client
) -> None:
    path = f"/buyers/accounts/{acme.account.pk}/invitations"
    assert "Send the invitation" in text(client.get(path))
    client.post(f"{PATH}/multiple_users", {"on": ""})
    page = text(client.get(path))
    assert ("Accounts have one user each." in page, "Send the invitation" in page) == (True, False)
    assert client.post(path, {"email": "maya@night.example"}).status_code == 422


def test_without_several_applications_a_second_is_refused_and_the_page_says_so(
    acme: Provider, client: Client
) -> None:
    client.post(f"{PATH}/multiple_applications", {"on": ""})
    path = f"/buyers/accounts/{acme.account.pk}/applications/new"
    assert "accounts may have one only" in text(client.get(path))
    assert client.post(path, {"name": "x", "plan": acme.plan.pk}).status_code == 422


def test_a_strong_password_is_asked_of_who_signs_up(acme: Provider, client: Client) -> None:
    Tenant.objects.filter(pk=acme.tenant.pk).update(site_access_code="")
    visitor = Client(headers={"host": "acme.localhost:3000"})
    assert "At least 6 characters." in text(visitor.get("/signup"))
    client.post(f"{PATH}/strong_passwords_enabled", {"on": "1"})
    assert "At least 15 characters." in text(visitor.get("/signup"))


def test_what_the_operator_allows_is_shown(acme: Provider, client: Client) -> None:
    assert "any number is allowed" in text(client.get(PATH))
    Tenant.objects.filter(pk=acme.tenant.pk).update(max_services=7)
    assert "at most 7" in text(client.get(PATH))
