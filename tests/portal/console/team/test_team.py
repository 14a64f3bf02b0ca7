"""The tenant's own people: listed, invited, joined, changed, suspended, deleted; and the guards."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import unwrap
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.console.visiting import NONCE, admin, member, seen, text, toasts
from portal.people import BY, PASSWORD, Provider
from tollway import clock
from tollway.portal.accounts.models import TeamInvitation, User
from tollway.portal.accounts.services import (
    create_fields_definition,
    create_user,
    update_permissions,
    update_settings,
)
from tollway.portal.accounts.services.letters import AGAIN_AFTER
from tollway.portal.console.pages import ADMINS, ANYBODY
from tollway.portal.console.team import forms, invitations, joining, navigation, routes, users
from tollway.portal.console.team.rights import SECTIONS, RightsForm, in_words
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import content_of
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

PATH, INVITATIONS = "/p/admin/account/users", "/p/admin/account/invitations"
ANN = "ann@acme.example"
MEMBER = {"role": "member", "products": "all"}


@pytest.fixture
def client(acme: Provider) -> Client:
    return admin(acme)


def colleague(acme: Provider, name: str = "ann", **fields: Any) -> User:
    email = f"{name}@acme.example"
    user = create_user(acme.tenant, by=BY, username=name, email=email, password=PASSWORD)
    User.objects.filter(pk=user.pk).update(**{"state": User.State.ACTIVE, **fields})
    user.refresh_from_db()
    return user


def link() -> str:
    """Return the path of the newest letter's link."""
    content = content_of(Mail.objects.filter(template="team_invitation").latest("id"))
    assert content
    found = re.search(r"http://acme-admin\.localhost[:\d]*(/p/signup/[\w-]{43})", content.text)
    assert found
    return found[1]


def guest() -> Client:
    return Client(headers={"host": "acme-admin.localhost:3000"})


def sent(client: Client, user: User, **changes: Any) -> Any:
    """Send the form of a user as it is shown, with changes."""
    path = f"{PATH}/{user.pk}/edit"
    page = client.get(path)
    given = {
        "username": user.username, "email": user.email, "first_name": user.first_name,
        "last_name": user.last_name, **MEMBER, "seen": seen(page), "was": seen(page, "was"),
    }  # fmt: skip
    return client.post(path, {**given, **changes})


def test_people_are_listed_with_what_they_may(acme: Provider, client: Client) -> None:
    colleague(acme)
    colleague(acme, "bob", allowed_sections=["plans", "partners"], allowed_service_ids=[1, 2])
    page = text(client.get(PATH))
    for words in (
        "admin You", "Everything", "The dashboard only", "Partners, Plans for 2 products",
    ):  # fmt: skip
        assert words in page
    assert "bob" not in text(client.get(f"{PATH}?q=ann@"))
    assert "john" not in page, "developers are somebody else's"
    assert f"/{routes.routes[0].pattern}" == PATH
    for group in navigation.GROUPS:
        for item in group.items:
            assert (item.title, reverse(item.page) in client.get(PATH).content.decode()) == (
                item.title, True,
            )  # fmt: skip
    assert set(SECTIONS) == set(User.Section.values)


def test_somebody_is_invited_with_rights_and_joins_with_them(
    acme: Provider, client: Client
) -> None:
    given = {
        "email": ANN, "role": "member", "allowed_sections": ["plans"], "products": "some",
        "allowed_service_ids": [str(acme.product.pk)], "once": NONCE,
    }  # fmt: skip
    assert "Nobody has been invited" in text(client.get(INVITATIONS))
    for _ in range(2):
        assert client.post(f"{INVITATIONS}/new", given)["Location"] == INVITATIONS
    page = text(client.get(INVITATIONS))
    assert (ANN in page, "Plans for 1 product" in page, "Not yet" in page) == (True, True, True)
    visitor, path = guest(), link()
    assert ANN in text(visitor.get(path))
    weak = visitor.post(path, {"username": "ann", "password": "x"})
    assert (weak.status_code, "Use at least 6 characters" in text(weak)) == (422, True)
    taken = visitor.post(path, {"username": "admin", "password": PASSWORD})
    assert (taken.status_code, "Has already been taken" in text(taken)) == (422, True)
    joined = visitor.post(path, {"username": "ann", "password": PASSWORD, "once": "j" * 32})
    assert joined["Location"] == "/p/admin/dashboard"
    user = User.objects.get(username="ann")
    assert (user.state, user.role, user.email) == ("active", "member", ANN)
    assert (user.allowed_sections, user.allowed_service_ids) == (["plans"], [acme.product.pk])
    assert visitor.get(f"/apiconfig/services/{acme.product.pk}").status_code == 200
    assert visitor.get("/buyers/accounts").status_code == 403
    assert visitor.get(path)["Location"] == "/p/admin/dashboard", "a second click"
    assert guest().get(path).status_code == 404, "used"
    assert "as ann" in text(client.get(INVITATIONS))
    kinds = Event.objects.filter(kind__startswith="team_invitation").values_list("kind", flat=True)
    assert list(kinds) == ["team_invitation.created", "team_invitation.accepted"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "admin@acme.example"}, "Has already been taken"),
        ({"role": "king"}, "Select a valid choice"),
        ({"allowed_sections": ["kitchen"]}, "Select a valid choice"),
        ({"products": "some", "allowed_service_ids": ["999"]}, "Select a valid choice"),
    ],
)
def test_a_wrong_invitation_is_refused_where_it_is_wrong(
    acme: Provider, client: Client, change: dict[str, Any], message: str
) -> None:
    answer = client.post(f"{INVITATIONS}/new", {"email": ANN, **MEMBER, **change})
    assert (answer.status_code, message in text(answer)) == (422, True)
    assert not TeamInvitation.objects.filter(tenant=acme.tenant).exists()


def test_an_invitation_is_sent_again_and_taken_back(acme: Provider, client: Client) -> None:
    client.post(f"{INVITATIONS}/new", {"email": ANN, **MEMBER})
    assert client.post(f"{INVITATIONS}/new", {"email": ANN.upper(), **MEMBER}).status_code == 422
    row, first = TeamInvitation.objects.get(), link()
    client.post(f"{INVITATIONS}/{row.pk}/resend")
    assert "less than a minute old" in toasts(client)
    TeamInvitation.objects.update(sent_at=clock.utc_now() - AGAIN_AFTER)
    client.post(f"{INVITATIONS}/{row.pk}/resend")
    assert "is written to" in toasts(client)
    second = link()
    assert guest().get(first).status_code == 404
    assert guest().get(second).status_code == 200
    client.post(f"{INVITATIONS}/{row.pk}/delete")
    assert guest().get(second).status_code == 404
    assert client.post(f"{INVITATIONS}/{row.pk}/resend").status_code == 404


def test_links_end_after_a_week_and_do_nothing_elsewhere(
    acme: Provider, globex: Provider, client: Client
) -> None:
    client.post(f"{INVITATIONS}/new", {"email": ANN, **MEMBER})
    path = link()
    assert Client(headers={"host": "globex-admin.localhost:3000"}).get(path).status_code == 404
    developers = Client(headers={"host": "acme.localhost:3000"}).get(path)
    assert developers.status_code in {302, 404}
    TeamInvitation.objects.update(expires_at=clock.utc_now())
    ended = guest().get(path)
    assert (ended.status_code, "older than 7 days" in text(ended)) == (404, True)
    posted = guest().post(path, {"username": "ann", "password": PASSWORD})
    assert (posted.status_code, User.objects.filter(username="ann").exists()) == (404, False)


def test_the_operators_limit_holds_for_invitations_and_for_who_joins(
    acme: Provider, client: Client
) -> None:
    limit = Tenant.objects.filter(pk=acme.tenant.pk)
    limit.update(max_users=2)
    assert client.post(f"{INVITATIONS}/new", {"email": ANN, **MEMBER}).status_code == 302
    full = client.post(f"{INVITATIONS}/new", {"email": "bob@acme.example", **MEMBER})
    assert (full.status_code, "The limit of 2 users is reached" in text(full)) == (422, True)
    assert "at most 2" in text(client.get(PATH))
    limit.update(max_users=1)
    joined = guest().post(link(), {"username": "ann", "password": PASSWORD})
    assert (joined.status_code, "The limit of 1 users is reached" in text(joined)) == (422, True)


def test_who_joins_is_asked_for_what_is_required(acme: Provider, client: Client) -> None:
    create_fields_definition(
        acme.tenant, by=BY, target="User", name="desk", label="Desk", required=True, hidden=False
    )
    update_settings(acme.tenant, by=BY, strong_passwords_enabled=True)
    client.post(f"{INVITATIONS}/new", {"email": ANN, **MEMBER})
    path = link()
    assert "Desk is needed here." in text(guest().post(path, {"username": "ann"}))
    short = guest().post(path, {"username": "ann", "desk": "7", "password": "short one"})
    assert "Use at least 15 characters." in text(short)
    fields = {"username": "ann", "desk": "7", "password": PASSWORD}
    assert guest().post(path, fields).status_code == 302
    assert User.objects.get(username="ann").extra_fields == {"desk": "7"}


def test_rights_are_changed_and_in_force_at_once(acme: Provider, client: Client) -> None:
    theirs = member(acme, name="ann")
    user = User.objects.get(username="ann")
    assert theirs.get("/buyers/accounts").status_code == 403
    answer = sent(client, user, allowed_sections=["partners"], first_name="Ann")
    assert answer["Location"] == PATH
    user.refresh_from_db()
    assert (user.allowed_sections, user.allowed_service_ids) == (["partners"], None)
    assert user.first_name == "Ann"
    assert theirs.get("/buyers/accounts").status_code == 200
    none = {"allowed_sections": ["plans"], "products": "some"}
    assert sent(client, user, **none).status_code == 302
    user.refresh_from_db()
    assert user.allowed_service_ids == []
    assert theirs.get(f"/apiconfig/services/{acme.product.pk}").status_code == 404
    assert sent(client, user, role="admin").status_code == 302
    assert theirs.get(PATH).status_code == 200
    assert in_words(User.objects.get(pk=user.pk)) == "Everything"


def test_a_wrong_change_changes_nothing_at_all(acme: Provider, client: Client) -> None:
    user = colleague(acme)
    wrong = sent(client, user, role="admin", email="admin@acme.example")
    assert (wrong.status_code, "Has already been taken" in text(wrong)) == (422, True)
    user.refresh_from_db()
    assert (user.role, user.email) == ("member", ANN)
    assert not Event.objects.filter(kind="user.role_changed").exists()


def test_two_editors_of_a_user_see_each_other(acme: Provider, client: Client) -> None:
    user = colleague(acme)
    path = f"{PATH}/{user.pk}/edit"
    page = client.get(path)
    update_permissions(user, by=BY, allowed_sections=["finance"])
    given = {"username": "ann", "email": ANN, **MEMBER, "allowed_sections": ["plans"]}
    clash = client.post(path, {**given, "seen": seen(page), "was": seen(page, "was")})
    assert (clash.status_code, "Finance" in text(clash)) == (409, True)
    user.refresh_from_db()
    assert user.allowed_sections == ["finance"]


def test_the_suspended_are_signed_out_and_come_back(acme: Provider, client: Client) -> None:
    theirs = member(acme, name="ann")
    user = User.objects.get(username="ann")
    client.post(f"{PATH}/{user.pk}/state/suspend")
    assert f"{PATH}/{user.pk}/state/unsuspend" in toasts(client)
    assert theirs.get("/p/admin/dashboard").status_code == 302
    client.post(f"{PATH}/{user.pk}/state/unsuspend")
    assert User.objects.get(pk=user.pk).state == "active"
    client.post(f"{PATH}/{user.pk}/state/activate")
    assert "Nothing was changed" in toasts(client)
    assert client.post(f"{PATH}/{user.pk}/state/fly").status_code == 404


def test_the_pending_are_written_to_again_or_activated(acme: Provider, client: Client) -> None:
    user = colleague(acme, state=User.State.PENDING)
    assert "Send link" in text(client.get(PATH))
    client.post(f"{PATH}/{user.pk}/link")
    assert "is written to" in toasts(client)
    assert Mail.objects.filter(template="activation", recipient=ANN).exists()
    client.post(f"{PATH}/{user.pk}/state/activate")
    assert User.objects.get(pk=user.pk).state == "active"
    client.post(f"{PATH}/{user.pk}/link")
    assert "Nothing was sent" in toasts(client)


def test_the_deleted_are_gone_with_their_sessions(acme: Provider, client: Client) -> None:
    theirs = member(acme, name="ann")
    user = User.objects.get(username="ann")
    for _ in range(2):
        assert client.post(f"{PATH}/{user.pk}/delete").status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()
    assert theirs.get("/p/admin/dashboard").status_code == 302


GUARDED: list[Callable[[Client, User], Any]] = [
    lambda client, user: client.post(f"{PATH}/{user.pk}/state/suspend"),
    lambda client, user: client.post(f"{PATH}/{user.pk}/delete"),
    lambda client, user: client.post(
        f"{PATH}/{user.pk}/edit", {"username": "x-y", "email": ANN, **MEMBER}
    ),
]


@pytest.mark.parametrize("act", GUARDED)
def test_nobody_takes_away_their_own_place(
    acme: Provider, client: Client, act: Callable[[Client, User], Any]
) -> None:
    colleague(acme, role=User.Role.ADMIN)
    assert act(client, acme.admin).status_code == 302
    acme.admin.refresh_from_db()
    assert (acme.admin.role, acme.admin.state, acme.admin.username) == ("admin", "active", "admin")
    assert client.get(f"{PATH}/{acme.admin.pk}/edit")["Location"].endswith("personal_details/edit")


def test_people_of_others_are_not_there(acme: Provider, globex: Provider, client: Client) -> None:
    for user in (globex.admin, acme.developer):
        assert client.get(f"{PATH}/{user.pk}/edit").status_code == 404
        client.post(f"{PATH}/{user.pk}/delete")
        assert client.post(f"{PATH}/{user.pk}/state/suspend").status_code == 404
        assert User.objects.filter(pk=user.pk, state="active").exists()


def test_the_team_is_for_admins_and_who_is_invited_needs_no_account() -> None:
    views: set[Callable[..., Any]] = {
        users.index, users.edit, users.move, users.send_link, users.delete,
    }  # fmt: skip
    views |= {invitations.index, invitations.new, invitations.resend, invitations.delete}
    sections = {
        unwrap(route.callback): vars(route.callback)["access"].section for route in routes.routes
    }
    assert {view for view, section in sections.items() if section == ADMINS} == {
        unwrap(view) for view in views
    }
    assert sections[unwrap(joining.page)] == ANYBODY
    assert set(forms.InviteForm.base_fields) == {"email", *RightsForm.base_fields}


def test_the_list_costs_the_same_with_many_people(
    acme: Provider, client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        colleague(acme, f"user{number}")
    with django_assert_max_num_queries(12):
        client.get(PATH)
