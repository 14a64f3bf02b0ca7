"""One's own details, and what it takes to change what opens the account."""

from __future__ import annotations

import pytest

from portal.console.entry.people_coming import ACME, CHOSEN, visitor
from portal.console.visiting import admin, member, seen, text, toasts
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import create_fields_definition, update_user
from tollway.portal.console.entry import personal
from tollway.portal.events.models import Event
from tollway.portal.web.throttle import PASSWORD as RULE

pytestmark = pytest.mark.django_db

PAGE = "/p/admin/user/personal_details/edit"


def form(**changes: str) -> dict[str, str]:
    return {"username": "admin", "email": "admin@acme.example", **changes}


def stored(acme: Provider) -> User:
    return User.objects.get(pk=acme.admin.pk)


def test_names_are_changed_without_a_password(acme: Provider) -> None:
    client = admin(acme)
    assert client.post(PAGE, form(first_name="Ana", last_name="Keller"))["Location"] == PAGE
    user = stored(acme)
    assert (user.first_name, user.last_name) == ("Ana", "Keller")
    assert "Your details are saved" in toasts(client)
    event = Event.objects.latest("pk")
    assert (event.kind, event.actor_id) == ("user.updated", str(user.pk))
    assert event.after == {"first_name": "Ana", "last_name": "Keller"}
    assert client.post(PAGE, form()).status_code == 302
    assert stored(acme).first_name == ""


GUARDED = [{"username": "ana"}, {"email": "ana@acme.example"}, {"password": CHOSEN}]


@pytest.mark.parametrize("changes", GUARDED, ids=lambda changes: next(iter(changes)))
def test_what_opens_the_account_takes_the_present_password(
    acme: Provider, changes: dict[str, str]
) -> None:
    client, before = admin(acme), stored(acme)
    for present, message in (("", personal.MISSING), ("wrong", personal.WRONG)):
        sent = form(**changes, current_password=present, first_name="Ana")
        response = client.post(PAGE, sent)
        assert (response.status_code, message in text(response)) == (422, True)
        assert 'value="Ana"' in response.content.decode()
        assert CHOSEN not in response.content.decode()
    after = stored(acme)
    assert (after.username, after.email, after.password, after.first_name) == (
        before.username, before.email, before.password, "",
    )  # fmt: skip
    assert client.post(PAGE, form(**changes, current_password=PASSWORD)).status_code == 302
    assert stored(acme).updated_at > before.updated_at


def test_a_new_password_keeps_this_session_and_ends_the_others(acme: Provider) -> None:
    here, elsewhere = admin(acme), admin(acme)
    here.post(PAGE, form(password=CHOSEN, current_password=PASSWORD))
    assert "Every other session has ended." in toasts(here)
    assert elsewhere.get("/p/admin/dashboard").status_code == 302
    assert stored(acme).check_password(CHOSEN)


def test_guessing_the_present_password_has_to_wait(acme: Provider) -> None:
    client = admin(acme)
    for _ in range(RULE.per_name):
        client.post(PAGE, form(password=CHOSEN, current_password="wrong"))
    response = client.post(PAGE, form(password=CHOSEN, current_password=PASSWORD))
    assert "Too many tries" in text(response)
    assert stored(acme).check_password(PASSWORD)


REFUSED = [
    ({"username": "x"}, "Use 3 to 40 letters, digits or @ . _ -."),
    ({"email": "nowhere"}, "Enter an address like ana@acme.example."),
    ({"password": "12345"}, "Use at least 6 characters. This has 5."),
    ({"username": "member"}, "Has already been taken"),
    ({"email": "MEMBER@acme.example"}, "Has already been taken"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_what_is_wrong_is_said_at_the_field(
    acme: Provider, changes: dict[str, str], message: str
) -> None:
    member(acme)
    client = admin(acme)
    response = client.post(PAGE, form(**changes, current_password=PASSWORD))
    assert (response.status_code, message in text(response)) == (422, True)
    assert stored(acme).username == "admin"
    assert client.get("/p/admin/dashboard").status_code == 200


def test_what_somebody_else_changed_meanwhile_is_shown_first(acme: Provider) -> None:
    client = admin(acme)
    version = seen(client.get(PAGE))
    update_user(stored(acme), by=BY, first_name="Theirs")
    response = client.post(PAGE, form(first_name="Mine", seen=version))
    assert response.status_code == 409
    assert "Theirs" in text(response)
    assert client.post(PAGE, form(first_name="Mine", seen=seen(response))).status_code == 302
    assert stored(acme).first_name == "Mine"


def test_fields_of_the_organisations_own_are_there(acme: Provider) -> None:
    create_fields_definition(
        acme.tenant, by=BY, target="User", name="team", label="Team", choices=["Blue", "Red"]
    )
    client = admin(acme)
    assert "Team" in client.get(PAGE).content.decode()
    client.post(PAGE, form(team="Red"))
    assert stored(acme).extra_fields == {"team": "Red"}
    assert '<option value="Red" selected>' in client.get(PAGE).content.decode()


def test_a_member_without_any_permission_changes_their_own(acme: Provider) -> None:
    client = member(acme)
    sent = {"username": "member", "email": "member@acme.example", "first_name": "Tom"}
    assert client.post(PAGE, sent).status_code == 302
    assert User.objects.get(username="member").first_name == "Tom"
    assert PAGE in client.get("/p/admin/dashboard").content.decode()


def test_one_signs_in_first(acme: Provider) -> None:
    assert visitor(ACME).get(PAGE)["Location"] == f"/p/login?next={PAGE}"
    assert visitor("acme.localhost").get(PAGE).status_code == 404
