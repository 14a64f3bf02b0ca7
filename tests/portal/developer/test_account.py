"""A developer's account: what of it is shown, what admins change, and when it is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from portal.developer.visiting import developer, text
from portal.people import BY, Provider
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.accounts.services import update_settings
from tollway.portal.developer import account
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db
HERE, EDIT = "/admin/account", "/admin/account/edit"


def define(provider: Provider, name: str, label: str, **flags: Any) -> None:
    FieldsDefinition.objects.create(
        tenant=provider.tenant, target="Account", name=name, label=label, **flags
    )


def fresh(provider: Provider) -> Account:
    return Account.objects.get(pk=provider.account.pk)


def seen(client: Client, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', client.get(path).content.decode())
    assert found
    return found[1]


def member(provider: Provider) -> None:
    User.objects.filter(pk=provider.developer.pk).update(role="member")


def test_the_fields_are_shown_and_changed_as_they_are_defined(acme: Provider) -> None:
    define(acme, "city", "Town")
    define(acme, "fleet", "Fleet", required=True)
    define(acme, "rank", "Rank", read_only=True)
    define(acme, "secret", "Inner", hidden=True)
    row = fresh(acme)
    row.extra_fields = {"rank": "gold", "secret": "hush"}
    row.save()
    client = developer(acme)
    page = text(client.get(HERE))
    assert "Rank gold" in page
    assert "hush" not in page
    sent = {"org_name": "Night Bus", "city": "Vienna", "fleet": "12", "seen": seen(client, EDIT)}
    refused = client.post(EDIT, {**sent, "fleet": ""})
    assert refused.status_code == 422
    assert "Fleet is needed here." in text(refused)
    assert fresh(acme).org_name == "Developer"
    wily = {**sent, "rank": "platinum", "secret": "x", "vat_rate": "0", "state": "suspended"}
    assert client.post(EDIT, wily)["Location"] == HERE
    row = fresh(acme)
    assert (row.org_name, row.city, row.state, row.vat_rate) == (
        "Night Bus", "Vienna", "approved", None,
    )  # fmt: skip
    assert row.extra_fields == {"rank": "gold", "secret": "hush", "fleet": "12"}
    event = Event.objects.filter(kind="account.updated").latest("id")
    assert event.actor_id == str(acme.developer.pk)
    clash = client.post(EDIT, {**sent, "org_name": "From an old page"})
    assert clash.status_code == 409
    assert fresh(acme).org_name == "Night Bus"


def test_members_are_told_who_may_change_it(acme: Provider) -> None:
    client = developer(acme)
    boss = User.objects.create(
        tenant=acme.tenant, account=acme.account, username="boss", role="admin", state="active"
    )
    member(acme)
    assert EDIT not in client.get(HERE).content.decode()
    for answer in (client.get(EDIT), client.post(EDIT, {"org_name": "Mine"})):
        assert answer.status_code == 403
        assert "boss" in text(answer)
    assert fresh(acme).org_name == "Developer"
    boss.delete()
    assert "Ask Acme" in text(client.get(EDIT))


def test_what_is_defined_goes_where_its_row_keeps_it(acme: Provider) -> None:
    define(acme, "city", "Town")
    define(acme, "fleet", "Fleet")
    define(acme, "rank", "Rank", read_only=True)
    sent = {"org_name": "Night Bus", "city": "Vienna", "fleet": "12", "rank": "gold"}
    form = account.AccountForm(acme.tenant, sent)
    assert form.is_valid()
    assert form.given() == {
        "org_name": "Night Bus", "city": "Vienna", "extra_fields": {"fleet": "12"},
    }  # fmt: skip


def test_the_pages_are_gone_where_the_provider_has_switched_them_off(acme: Provider) -> None:
    client = developer(acme)
    update_settings(acme.tenant, by=BY, useraccountarea_enabled=False)
    for path in (HERE, EDIT, f"{HERE}/users", f"{HERE}/invitations/new"):
        assert client.get(path).status_code == 404, path
    page = client.get("/admin").content.decode()
    assert f'href="{HERE}"' not in page
    assert client.get("/admin/account/personal_details").status_code == 200, "one's own stays"


def test_the_account_plan_is_named_where_account_plans_are_used(acme: Provider) -> None:
    client = developer(acme)
    assert "Plan Default" not in text(client.get(HERE))
    update_settings(acme.tenant, by=BY, account_plans_ui_visible=True)
    assert "Plan Default" in text(client.get(HERE))
