"""The links in developers' mail: activation and new passwords."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.accounts.links import token_in
from portal.developer.visiting import developer, text, visitor, with_password
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import change_account_state, create_user, resend_activation
from tollway.portal.developer import links
from tollway.portal.mail.models import Mail

pytestmark = pytest.mark.django_db

NEW = {"password": "another good password", "once": "p" * 32}


def pending(provider: Provider, **fields: str) -> str:
    """Make a user who has not been activated; return the path of the link that they get."""
    user = create_user(
        provider.tenant, by=BY, account=provider.account, username="ann",
        email="ann@dev.example", **fields,
    )  # fmt: skip
    mail = resend_activation(user, by=BY)
    assert mail
    return f"/activate/{token_in(mail)}"


def newest() -> str:
    return f"/password/{token_in(Mail.objects.filter(template='password_reset').latest('id'))}"


def test_a_link_activates_once_and_by_its_button_only(acme: Provider) -> None:
    client, path = visitor(acme), pending(acme, password=PASSWORD)
    assert client.post("/login", {"username": "ann", "password": PASSWORD}).status_code == 403
    assert "ann@dev.example" in text(client.get(path))
    assert User.objects.get(username="ann").state == User.State.PENDING
    activated = client.post(path, {"once": "a" * 32})
    assert activated["Location"] == "/admin"
    assert client.get("/admin").status_code == 200
    again = visitor(acme).get(path)
    assert again.status_code == 404
    assert "This link has ended" in text(again)
    assert client.get(f"/activate/{'x' * 43}").status_code == 404


def test_who_was_signed_up_without_a_password_chooses_one(acme: Provider) -> None:
    client, path = visitor(acme), pending(acme)
    short = client.post(path, {"password": "abc", "once": "b" * 32})
    assert short.status_code == 422
    assert "Use at least 6 characters" in text(short)
    assert client.post(path, {**NEW, "once": "c" * 32})["Location"] == "/admin"
    other = visitor(acme)
    signed_in = other.post("/login", {"username": "ann", "password": NEW["password"]})
    assert signed_in["Location"] == "/admin"


def test_an_account_that_waits_for_approval_is_told_so_after_the_activation(acme: Provider) -> None:
    client, path = visitor(acme), pending(acme, password=PASSWORD)
    change_account_state(acme.account, "make_pending", by=BY)
    assert client.post(path, {"once": "d" * 32})["Location"] == "/login"
    assert "Your account waits for approval" in text(client.get("/login"))
    assert client.get("/admin").status_code == 302


def test_a_link_of_one_tenant_is_nothing_at_another_or_on_the_admins_side(
    acme: Provider, globex: Provider
) -> None:
    path = pending(acme, password=PASSWORD)
    assert visitor(globex).get(path).status_code == 404
    admins = Client(headers={"host": "acme-admin.localhost:3000"})
    assert admins.get(f"/p{path}").status_code == 404


def test_a_forgotten_password_is_set_anew_and_ends_all_sessions(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tollway.portal.web.entry.ANSWER_AFTER_S", 0.0)
    session = developer(acme)
    client = visitor(acme)
    for login in ("john", "nobody"):
        answer = client.post("/password", {"login": login})
        assert answer["Location"] == "/password?sent", "the same for both"
    assert "Look into your mail" in text(client.get("/password?sent"))
    assert Mail.objects.filter(template="password_reset").count() == 1
    path = newest()
    assert "For john" in text(client.get(path))
    assert client.post(path, {**NEW, "password": "abc"}).status_code == 422
    assert client.post(path, {**NEW, "once": "e" * 32})["Location"] == "/admin"
    assert session.get("/admin").status_code == 302
    assert client.get(path).status_code == 404


def test_letters_are_not_asked_for_without_end(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tollway.portal.web.entry.ANSWER_AFTER_S", 0.0)
    with_password(acme.developer)
    client = visitor(acme)
    answers = [client.post("/password", {"login": "john"}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    assert client.post("/password", {"login": ""}).status_code == 422


def test_the_form_says_what_it_is_for() -> None:
    assert links.ForgottenForm().fields["login"].label == "User name or e-mail"
