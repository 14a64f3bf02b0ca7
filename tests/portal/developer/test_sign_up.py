"""Signing up on the developers' side, from the form to the first key."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from portal.accounts.links import token_in
from portal.developer.visiting import text, visitor
from portal.people import BY, PASSWORD, Provider
from tollway import clock
from tollway.portal.accounts.models import Account, FieldsDefinition, User
from tollway.portal.accounts.services import (
    change_account_state,
    create_fields_definition,
    update_fields_definition,
    update_settings,
)
from tollway.portal.applications.models import Application
from tollway.portal.developer import sign_up
from tollway.portal.mail.models import Mail
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.web import humans

pytestmark = pytest.mark.django_db

MAYA = {
    "org_name": "Night Bus", "username": "maya", "email": "maya@nightbus.example",
    "password": PASSWORD,
}  # fmt: skip
_NONCES = iter(range(10**6))


def send(client: Client, **changes: str) -> Any:
    """Send the form as a person does: some seconds after it was shown."""
    began = humans.stamp(clock.now() - humans.LEAST_S - 1)
    nonce = f"{next(_NONCES):032d}"
    return client.post("/signup", {**MAYA, "began": began, "once": nonce, **changes})


def activate(client: Client) -> Any:
    mail = Mail.objects.filter(template="activation").latest("id")
    return client.post(f"/activate/{token_in(mail)}", {"once": "z" * 32})


def test_a_stranger_signs_up_confirms_and_finds_a_key(acme: Provider) -> None:
    client = visitor(acme)
    assert "Get an API key" in text(client.get("/"))
    assert "Create your account" in text(client.get("/signup"))
    sent = send(client)
    assert (sent.status_code, sent["Location"]) == (302, "/signup/success")
    assert "Look into your mail" in text(client.get("/signup/success"))
    user = User.objects.get(username="maya")
    account = user.account
    assert account is not None
    assert (user.state, user.role, account.org_name) == ("pending", "admin", "Night Bus")
    assert account.state == Account.State.APPROVED
    login = {"username": "maya", "password": PASSWORD}
    assert client.post("/login", login).status_code == 403, "not before the mail"
    assert activate(client)["Location"] == "/admin"
    page = client.get("/admin").content.decode()
    made = Application.objects.filter(account=account)
    assert all(row.user_key in page for row in made[:1])
    assert client.post("/login", login)["Location"] == "/admin"


def test_where_accounts_are_approved_the_activated_wait_and_come_in_afterwards(
    acme: Provider,
) -> None:
    plan = default_account_plan_of(acme.tenant)
    assert plan is not None
    plan.approval_required = True
    plan.save()
    client = visitor(acme)
    send(client)
    assert activate(client)["Location"] == "/login"
    login = {"username": "maya", "password": PASSWORD}
    refused = client.post("/login", login)
    assert refused.status_code == 403
    assert "Your account isn't active or hasn't been approved yet." in text(refused)
    change_account_state(Account.objects.get(org_name="Night Bus"), "approve", by=BY)
    assert client.post("/login", login)["Location"] == "/admin"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"org_name": ""}, "Enter the name of your organisation."),
        ({"username": "a"}, "3 to 40 letters"),
        ({"username": "john"}, "Has already been taken"),
        ({"email": "JOHN@dev.example"}, "Has already been taken"),
        ({"email": ""}, "Enter your e-mail address."),
        ({"password": "abc"}, "Use at least 6 characters"),
        ({"website": "https://spam.example"}, humans.FILLED),
        ({"began": "1:forged"}, humans.OLD),
    ],
)
def test_what_is_wrong_is_said_and_nothing_made(
    acme: Provider, changes: dict[str, str], said: str
) -> None:
    accounts = Account.objects.count()
    answer = send(visitor(acme), **changes)
    assert answer.status_code == 422
    assert said in text(answer)
    assert PASSWORD not in answer.content.decode()
    assert Account.objects.count() == accounts
    assert not Mail.objects.filter(template="activation").exists()


def test_sign_up_can_be_closed_and_is_not_offered_then(acme: Provider) -> None:
    update_settings(acme.tenant, by=BY, signups_enabled=False)
    client = visitor(acme)
    assert client.get("/signup").status_code == 403
    assert send(client).status_code == 403
    for path in ("/", "/login"):
        assert 'href="/signup"' not in client.get(path).content.decode()


def test_fields_that_the_provider_defines_are_asked_for_and_kept(acme: Provider) -> None:
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="Account", name="fleet", label="Fleet", required=True
    )
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="Account", name="secret", label="Inner", hidden=True
    )
    client = visitor(acme)
    form = text(client.get("/signup"))
    assert "Fleet" in form
    assert "Inner" not in form
    assert "Fleet is needed here." in text(send(client))
    assert send(client, fleet="12 buses").status_code == 302
    assert Account.objects.get(org_name="Night Bus").extra_fields == {"fleet": "12 buses"}


def test_one_form_makes_one_account_and_many_are_slowed_down(acme: Provider) -> None:
    client = visitor(acme)
    for _ in range(2):
        assert send(client, once="s" * 32).status_code == 302
    assert Account.objects.filter(org_name="Night Bus").count() == 1
    answers = [
        send(client, username=f"user{n}", email="same@x.example").status_code for n in range(6)
    ]
    assert 429 in answers or answers.count(302) == 1
    assert sign_up.SignUpForm(acme.tenant).fields["password"].least == 6  # type: ignore[attr-defined]


def test_what_is_defined_for_accounts_and_users_is_asked_for_and_kept(acme: Provider) -> None:
    define = partial(create_fields_definition, acme.tenant, by=BY)
    define(target="Account", name="size", label="Size", choices=["S", "M"])
    define(target="Account", name="secret", label="Secret", hidden=True)
    define(target="Account", name="tier", label="Tier", read_only=True)
    define(target="User", name="phone", label="Phone", required=True)
    company = FieldsDefinition.objects.get(tenant=acme.tenant, name="org_name")
    update_fields_definition(company, by=BY, label="Company")
    client = visitor(acme)
    page = client.get("/signup")
    assert '<option value="M">M</option>' in page.content.decode()
    assert ("Company" in text(page), "First name" in text(page)) == (True, False)
    assert not {"Secret", "Tier"} & set(text(page).split())
    refused = send(client, size="M")
    assert (refused.status_code, "Phone is needed here." in text(refused)) == (422, True)
    assert '<option value="M" selected>' in refused.content.decode()
    assert send(client, size="M", phone="031", secret="x", tier="gold").status_code == 302
    user = User.objects.select_related("account").get(username="maya")
    assert user.extra_fields == {"phone": "031"}
    assert user.account is not None
    assert user.account.extra_fields == {"size": "M"}
