"""Who has not activated the account yet: told so with the right password, and written to again."""

from __future__ import annotations

from datetime import timedelta

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
from portal.console.visiting import text
from portal.people import Provider
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.accounts.services.links import AGAIN_AFTER
from tollway.portal.console.entry import sign_in, waiting
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Mail
from tollway.portal.web.entry import attempt
from tollway.portal.web.throttle import LETTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya(acme: Provider) -> User:
    return sign_up()


def known(maya: User) -> Client:
    """Return a browser in which the right password was given on the organisation's own host."""
    client = visitor(host_of(maya.tenant))
    sent = {"username": "maya", "password": CHOSEN}
    assert client.post("/p/login", sent)["Location"] == "/p/activate"
    return client


def some_minutes_pass() -> None:
    for token in SingleUseToken.objects.all():
        token.made_at -= AGAIN_AFTER + timedelta(minutes=1)
        token.save()


def test_with_the_right_password_one_is_told_to_activate(maya: User) -> None:
    client = known(maya)
    page = text(client.get("/p/activate"))
    assert "maya@nightbus.example" in page
    assert "Send it again" in page
    assert client.get("/p/admin/dashboard").status_code == 302


def test_with_a_wrong_one_nothing_is_told(maya: User) -> None:
    client = visitor(host_of(maya.tenant))
    response = client.post("/p/login", {"username": "maya", "password": "wrong"})
    assert (response.status_code, sign_in.WRONG in text(response)) == (422, True)
    assert "maya@" not in text(client.get("/p/activate"))


def test_the_mail_is_sent_again_and_the_link_before_ends(maya: User) -> None:
    first = newest_link()
    client = known(maya)
    some_minutes_pass()
    answer = client.post("/p/activate/mail")
    assert answer["Location"] == "/p/activate?mail=sent"
    assert waiting.TOLD["sent"] in text(client.get(answer["Location"]))
    assert client.get(first).status_code == 404
    assert client.get(newest_link()).status_code == 200
    assert Event.objects.latest("pk").kind == "user.activation_sent"
    mail = Mail.objects.latest("pk")
    assert f"/mailbox/yours/{mail.pk}" in client.get("/p/activate").content.decode()
    assert client.get(f"/mailbox/yours/{mail.pk}").status_code == 200


def test_within_a_minute_it_is_not(maya: User) -> None:
    client = known(maya)
    answer = client.post("/p/activate/mail")
    assert answer["Location"] == "/p/activate?mail=soon"
    assert waiting.TOLD["soon"] in text(client.get(answer["Location"]))
    assert Mail.objects.count() == 1


def test_somebody_else_sends_nothing(maya: User) -> None:
    some_minutes_pass()
    for host in (MASTER, ACME, host_of(maya.tenant)):
        assert visitor(host).post("/p/activate/mail")["Location"] == "/p/activate"
    assert Mail.objects.count() == 1


def test_a_session_carried_to_another_host_knows_nobody(maya: User) -> None:
    client, elsewhere = known(maya), visitor(ACME)
    elsewhere.cookies = client.cookies
    assert "maya@" not in text(elsewhere.get("/p/activate"))


def test_asking_too_often_has_to_wait(maya: User) -> None:
    client = known(maya)
    for _ in range(LETTER.per_name):
        client.post("/p/activate/mail")
    response = client.post("/p/activate/mail")
    assert response.status_code == 429
    assert "Too many tries" in text(response)


def test_who_is_active_meanwhile_is_led_to_the_sign_in_page(maya: User) -> None:
    client = known(maya)
    User.objects.update(state=User.State.ACTIVE)
    assert client.post("/p/activate/mail")["Location"] == "/p/activate"
    page = client.get("/p/activate").content.decode()
    assert "Your account is active" in page
    assert "http://nightbus-admin.localhost:3000/p/login" in page
    assert Mail.objects.count() == 1


def test_where_mail_is_sent_nothing_is_shown(maya: User) -> None:
    client = known(maya)
    with set_to(mailbox=False):
        page = client.get("/p/activate").content.decode()
    assert "/mailbox" not in page
    assert "on its way" in page


def test_a_try_counts_for_the_visitors_address(acme: Provider) -> None:
    client = visitor(ACME)
    request = client.get("/p/login").wsgi_request
    trials = [attempt(request, LETTER, "admin") for _ in range(LETTER.per_name + 1)]
    assert [bool(trial.refusal) for trial in trials] == [False] * LETTER.per_name + [True]
