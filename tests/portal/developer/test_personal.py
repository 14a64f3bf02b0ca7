"""One's own details and password: guarded by the present one, and other sessions end."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.developer.visiting import developer, host_of, text
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import FieldsDefinition, User
from tollway.portal.accounts.services import update_settings
from tollway.portal.developer import personal

pytestmark = pytest.mark.django_db
DETAILS, SECRET = "/admin/account/personal_details", "/admin/account/password"
BETTER = "four other words here"


def fresh(provider: Provider) -> User:
    return User.objects.get(pk=provider.developer.pk)


def sent(client: Client, **changes: str) -> dict[str, str]:
    page = client.get(DETAILS).content.decode()
    seen = re.findall(r'name="seen" value="([^"]+)"', page)[0]
    return {"username": "john", "email": "john@dev.example", "seen": seen, **changes}


def test_names_are_changed_freely_and_what_opens_the_account_with_the_password(
    acme: Provider,
) -> None:
    FieldsDefinition.objects.create(
        tenant=acme.tenant, target="User", name="shoe", label="Shoe", choices=["40", "41"]
    )
    client = developer(acme)
    assert client.post(DETAILS, sent(client, first_name="John", shoe="41")).status_code == 302
    assert (fresh(acme).first_name, fresh(acme).extra_fields) == ("John", {"shoe": "41"})
    new = {"email": "j@dev.example", "first_name": "John"}
    refused = client.post(DETAILS, sent(client, **new))
    assert refused.status_code == 422
    assert personal.MISSING in text(refused)
    refused = client.post(DETAILS, sent(client, **new, current_password="wrong"))
    assert personal.WRONG in text(refused)
    assert fresh(acme).email == "john@dev.example"
    assert client.post(DETAILS, sent(client, **new, current_password=PASSWORD)).status_code == 302
    assert fresh(acme).email == "j@dev.example"
    assert fresh(acme).role == "admin"


def test_a_taken_name_is_refused_at_its_field(acme: Provider) -> None:
    User.objects.create(tenant=acme.tenant, account=acme.account, username="maya")
    client = developer(acme)
    answer = client.post(DETAILS, sent(client, username="maya", current_password=PASSWORD))
    assert answer.status_code == 422
    assert "Has already been taken" in text(answer)


def test_a_new_password_ends_every_other_session_and_renews_this_one(acme: Provider) -> None:
    client = developer(acme)
    other = Client(headers=host_of(acme))
    other.post("/login", {"username": "john", "password": PASSWORD})
    before = client.cookies["tollway_session"].value
    answer = client.post(SECRET, {"current_password": PASSWORD, "password": BETTER})
    assert answer["Location"] == DETAILS
    assert client.cookies["tollway_session"].value != before
    assert client.get("/admin").status_code == 200
    assert other.get("/admin")["Location"].startswith("/login")
    login = {"username": "john", "password": PASSWORD}
    assert Client(headers=host_of(acme)).post("/login", login).status_code == 422
    stale = Client(headers=host_of(acme))
    stale.cookies["tollway_session"] = before
    assert stale.get("/admin")["Location"].startswith("/login"), "the old key opens nothing"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current_password": ""}, personal.NEEDED),
        ({"current_password": "wrong"}, personal.WRONG),
        ({"password": "short"}, "Use at least 15 characters"),
        ({"password": ""}, "Choose a password."),
        ({"password": "password"}, "Use at least"),
    ],
)
def test_a_password_that_is_wrong_or_weak_changes_nothing(
    acme: Provider, given: dict[str, str], said: str
) -> None:
    update_settings(acme.tenant, by=BY, strong_passwords_enabled=True)
    client, before = developer(acme), None
    before = fresh(acme).password
    answer = client.post(SECRET, {"current_password": PASSWORD, "password": BETTER, **given})
    assert answer.status_code == 422
    assert said in text(answer)
    assert BETTER not in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert fresh(acme).password == before


def test_the_present_password_cannot_be_guessed_at_leisure(acme: Provider) -> None:
    client = developer(acme)
    wrong = {"current_password": "wrong", "password": BETTER}
    for _ in range(5):
        assert personal.WRONG in text(client.post(SECRET, wrong))
    right = client.post(SECRET, {"current_password": PASSWORD, "password": BETTER})
    assert "Too many tries" in text(right)
    assert fresh(acme).check_password(PASSWORD)
