"""Forgotten passwords: one answer for everybody, a link for who is known, a new password by it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.console.entry.people_coming import (
    ACME,
    CHOSEN,
    MASTER,
    host_of,
    newest_link,
    set_to,
    sign_up,
    visitor,
)
from portal.console.visiting import NONCE, admin, text, toasts
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.accounts.services import change_tenant_state, update_settings
from tollway.portal.console.entry import passwords
from tollway.portal.mail.models import Mail
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.throttle import LETTER

pytestmark = pytest.mark.django_db


def ask(login: str, host: str = ACME) -> Client:
    """Ask for a link; whatever is known, the answer is the same."""
    client = visitor(host)
    answer = client.post("/p/password", {"login": login})
    assert (answer.status_code, answer["Location"]) == (302, "/p/password?sent")
    assert answer.content == b""
    return client


def link_for(acme: Provider) -> str:
    ask(acme.admin.email)
    return newest_link()


def signs_in(password: str) -> bool:
    sent = {"username": "admin", "password": password}
    return visitor(ACME).post("/p/login", sent).status_code == 302


@pytest.mark.parametrize("login", ["admin", "admin@acme.example", " ADMIN@acme.example "])
def test_who_is_known_is_written_to(acme: Provider, login: str) -> None:
    ask(login)
    mail = Mail.objects.get()
    assert (mail.template, mail.recipient) == ("password_reset", "admin@acme.example")


@pytest.mark.parametrize("login", ["nobody", "john", "admin@globex.example", "a\tb", "x" * 255])
def test_who_is_not_known_is_answered_alike_and_nobody_is_written_to(
    acme: Provider, globex: Provider, login: str
) -> None:
    ask(login)
    assert not Mail.objects.exists()


def test_the_page_that_follows_is_the_same_for_all(acme: Provider) -> None:
    known, unknown = (
        re.sub(r'value="\w{64}"', "", ask(login).get("/p/password?sent").content.decode())
        for login in ("admin", "nobody")
    )
    assert known == unknown
    assert "If Acme has a user by that name or address" in known


def test_a_pending_admin_gets_the_activation_again(acme: Provider) -> None:
    maya = sign_up()
    SingleUseToken.objects.update(made_at="2020-01-01T00:00Z")
    ask("maya", host_of(maya.tenant))
    assert [mail.template for mail in Mail.objects.order_by("pk")] == ["activation"] * 2


def test_nothing_typed_is_said_at_the_field(acme: Provider) -> None:
    response = visitor(ACME).post("/p/password", {"login": " "})
    assert response.status_code == 422
    field = passwords.ForgottenForm.base_fields["login"]
    assert field.error_messages["required"] == "Enter your user name or e-mail."
    assert "Enter your user name or e-mail." in text(response)


@pytest.mark.parametrize("login", ["admin", "nobody"])
def test_asking_too_often_has_to_wait_known_or_not(acme: Provider, login: str) -> None:
    for _ in range(LETTER.per_name):
        ask(login)
    response = visitor(ACME).post("/p/password", {"login": login})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert f'value="{login}"' in response.content.decode()
    ask("somebody else")


def test_where_no_mail_leaves_the_operators_mailbox_is_named(acme: Provider) -> None:
    address = "http://master.localhost:3000/mailbox"
    assert address in visitor(ACME).get("/p/password?sent").content.decode()
    with set_to(domain="api.example.com"):
        page = visitor("acme-admin.api.example.com").get("/p/password?sent").content.decode()
    assert "/mailbox" not in page


def test_a_new_password_signs_in_and_ends_other_sessions(acme: Provider) -> None:
    elsewhere, link = admin(acme), link_for(acme)
    client = visitor(ACME)
    assert "Set a new password" in text(client.get(link))
    assert client.post(link, {"password": CHOSEN})["Location"] == "/p/admin/dashboard"
    assert "Your password is changed" in toasts(client)
    assert elsewhere.get("/p/admin/dashboard").status_code == 302
    assert (signs_in(CHOSEN), signs_in(PASSWORD)) == (True, False)


def test_sending_it_twice_leads_in_twice(acme: Provider) -> None:
    link, client = link_for(acme), visitor(ACME)
    for _ in range(2):
        answer = client.post(link, {"password": CHOSEN, "once": NONCE})
        assert answer["Location"] == "/p/admin/dashboard"
    assert client.get("/p/admin/dashboard").status_code == 200


def test_a_refused_password_leaves_the_link(acme: Provider) -> None:
    link, client = link_for(acme), visitor(ACME)
    update_settings(acme.tenant, by=BY, strong_passwords_enabled=True)
    for password, message in (
        ("", "Choose a password."),
        ("fourteen signs", "Use at least 15 characters. This has 14."),
    ):
        response = client.post(link, {"password": password})
        assert (response.status_code, message in text(response)) == (422, True)
    assert client.post(link, {"password": CHOSEN}).status_code == 302


def test_a_link_works_once_and_on_its_own_host(acme: Provider, globex: Provider) -> None:
    link = link_for(acme)
    for host in (MASTER, "globex-admin.localhost", "acme.localhost"):
        assert visitor(host).post(link, {"password": CHOSEN}).status_code == 404
    assert visitor(ACME).post(link, {"password": CHOSEN}).status_code == 302
    for response in (visitor(ACME).get(link), visitor(ACME).post(link, {"password": "others'"})):
        assert response.status_code == 404
        assert "This link does nothing any more" in text(response)
    assert signs_in(CHOSEN)


def test_a_suspended_organisation_opens_to_nobody(acme: Provider) -> None:
    link = link_for(acme)
    change_tenant_state(Tenant.objects.get(pk=acme.tenant.pk), "suspend", by=BY)
    assert visitor(ACME).post(link, {"password": CHOSEN}).status_code == 404
    assert User.objects.get(pk=acme.admin.pk).check_password(PASSWORD)
