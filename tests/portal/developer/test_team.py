"""The users of an account: invited, given roles, removed; an admin always stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.accounts.links import written
from portal.developer.visiting import developer, text, visitor, with_password
from portal.people import BY, PASSWORD, Provider
from portal.web.requests import get
from tollway.portal.accounts.models import Invitation, User
from tollway.portal.accounts.services import invite, update_settings
from tollway.portal.applications.services import sign_up
from tollway.portal.developer import team
from tollway.portal.mail.models import Mail

pytestmark = pytest.mark.django_db
HERE = "/admin/account/users"
NEW = "/admin/account/invitations/new"


def mate(provider: Provider, name: str = "maya", **fields: Any) -> User:
    fields = {"role": "member", "state": "active", "password": "!", **fields}
    return User.objects.create(
        tenant=provider.tenant, account=provider.account, username=name,
        email=f"{name}@dev.example", **fields,
    )  # fmt: skip


def role_of(user: User) -> str:
    return User.objects.get(pk=user.pk).role


def test_an_admin_sees_the_team_and_what_can_be_done(acme: Provider) -> None:
    mate(acme)
    client = developer(acme)
    page = client.get(HERE)
    assert "maya@dev.example" in text(page)
    assert "Make an admin" in text(page)
    assert NEW in page.content.decode()
    assert "john" not in text(client.get(f"{HERE}?q=maya")).split("Users of")[1]
    assert "No users match" in text(client.get(f"{HERE}?q=nothing"))


def test_a_member_sees_the_team_and_changes_nothing(acme: Provider) -> None:
    user = mate(acme, role="admin")
    invitation = invite(acme.account, by=BY, email="ann@dev.example")
    client = developer(acme)
    User.objects.filter(pk=acme.developer.pk).update(role="member")
    page = client.get(HERE)
    assert "maya" in text(page)
    assert "ann@dev.example" not in text(page)
    assert "<form" not in page.content.decode().split("<main")[1].split("</main>")[0]
    for path, sent in (
        (NEW, {"email": "x@dev.example"}),
        (f"{HERE}/{user.pk}/role", {"role": "member"}),
        (f"{HERE}/{user.pk}/delete", {}),
        (f"/admin/account/invitations/{invitation.pk}/resend", {}),
        (f"/admin/account/invitations/{invitation.pk}/delete", {}),
    ):
        assert client.post(path, sent).status_code == 403, path
    assert role_of(user) == "admin"
    assert Invitation.objects.count() == 1


def test_roles_are_given_and_the_last_admin_stays_one(acme: Provider) -> None:
    user, client = mate(acme), developer(acme)
    client.post(f"{HERE}/{user.pk}/role", {"role": "admin"})
    assert role_of(user) == "admin"
    client.post(f"{HERE}/{user.pk}/role", {"role": "member"})
    assert role_of(user) == "member"
    client.post(f"{HERE}/{acme.developer.pk}/role", {"role": "member"})
    assert role_of(acme.developer) == "admin"
    assert "last admin" in text(client.get(HERE))
    for wrong in ("owner", "", "superuser"):
        assert client.post(f"{HERE}/{user.pk}/role", {"role": wrong}).status_code == 404


def test_who_is_removed_is_out_at_once(acme: Provider) -> None:
    user, client = with_password(mate(acme)), developer(acme)
    other = Client(headers={"host": "acme.localhost:3000"})
    other.post("/login", {"username": "maya", "password": PASSWORD})
    assert other.get("/admin").status_code == 200
    client.post(f"{HERE}/{user.pk}/delete")
    assert not User.objects.filter(pk=user.pk).exists()
    assert other.get("/admin")["Location"].startswith("/login")
    client.post(f"{HERE}/{acme.developer.pk}/delete")
    assert User.objects.filter(pk=acme.developer.pk).exists()
    assert "Users cannot delete themselves" in text(client.get(HERE))


def test_somebody_is_invited_joins_and_is_a_member(acme: Provider) -> None:
    client = developer(acme)
    sent = {"email": "ann@dev.example", "once": "i" * 32}
    answer = client.post(NEW, sent, headers={"x-forwarded-host": "evil.example"})
    assert answer["Location"] == HERE
    assert "ann@dev.example is invited" in text(client.get(HERE))
    mail = Mail.objects.get(template="invitation")
    assert mail.recipient == "ann@dev.example"
    assert "http://acme.localhost:3000/signup/" in written(mail), "whatever the request says"
    for wrong, said in (
        ("", "Enter your e-mail address."),
        ("nonsense", "Enter an address like"),
        ("john@dev.example", "Has already been taken"),
        ("ann@dev.example", "Has already been taken"),
    ):
        refused = client.post(NEW, {"email": wrong})
        assert refused.status_code == 422
        assert said in text(refused), wrong
    invitation = Invitation.objects.get()
    Invitation.objects.update(sent_at=invitation.sent_at.replace(year=2020))
    old = invitation.digest
    client.post(f"/admin/account/invitations/{invitation.pk}/resend")
    invitation.refresh_from_db()
    assert invitation.digest != old
    client.post(f"/admin/account/invitations/{invitation.pk}/delete")
    assert not Invitation.objects.exists()


def test_invitations_are_not_there_where_accounts_have_one_user(acme: Provider) -> None:
    client = developer(acme)
    update_settings(acme.tenant, by=BY, multiple_users=False)
    assert NEW not in client.get(HERE).content.decode()
    assert client.get(NEW).status_code == 404
    assert client.post(NEW, {"email": "x@dev.example"}).status_code == 404
    assert not Mail.objects.filter(template="invitation").exists()


def test_many_invitations_are_slowed_down(acme: Provider) -> None:
    client = developer(acme)
    answers = [client.post(NEW, {"email": f"user{n}@dev.example"}).status_code for n in range(7)]
    assert answers[-1] == 429
    assert Invitation.objects.count() == 5


def test_people_of_another_account_are_not_there(acme: Provider) -> None:
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="other", email="o@x.example")
    theirs = invite(other.account, by=BY, email="new@x.example")
    client = developer(acme)
    page = text(client.get(HERE))
    assert "o@x.example" not in page
    assert "new@x.example" not in page
    for path in (
        f"{HERE}/{other.user.pk}/role", f"{HERE}/{other.user.pk}/delete",
        f"{HERE}/{acme.admin.pk}/delete",
        f"/admin/account/invitations/{theirs.pk}/delete",
        f"/admin/account/invitations/{theirs.pk}/resend",
    ):  # fmt: skip
        assert client.post(path, {"role": "member"}).status_code == 404, path
    assert User.objects.filter(pk=other.user.pk).exists()
    assert Invitation.objects.filter(pk=theirs.pk).exists()
    assert visitor(acme).post(NEW, {"email": "x@x.example"}).status_code == 302


@pytest.mark.parametrize("act", [team.resend, team.take_back, team.role, team.remove])
def test_following_a_link_changes_nothing(acme: Provider, act: Any) -> None:
    assert act(get(acme), 1).status_code == 405
