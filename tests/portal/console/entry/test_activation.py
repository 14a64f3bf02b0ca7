"""The link of an activation mail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.console.entry.people_coming import (
    ACME,
    CHOSEN,
    MASTER,
    host_of,
    newest_link,
    sign_up,
    visitor,
)
from portal.console.visiting import NONCE, text
from portal.people import BY, Provider
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.accounts.services import change_tenant_state, create_user, resend_activation
from tollway.portal.console import places
from tollway.portal.console.entry import activation
from tollway.portal.events.models import Event
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.people_fields import COMMON

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya(acme: Provider) -> User:
    return sign_up()


def state(user: User) -> str:
    return User.objects.get(pk=user.pk).state


def test_looking_at_the_link_does_nothing(maya: User) -> None:
    for _ in range(2):
        page = visitor(host_of(maya.tenant)).get(newest_link())
        assert "Welcome to Night Bus" in text(page)
        assert "no-store" in page["Cache-Control"]
    assert state(maya) == User.State.PENDING


def test_the_button_activates_and_signs_in(maya: User) -> None:
    client = visitor(host_of(maya.tenant))
    answer = client.post(newest_link())
    assert answer["Location"] == (places.wizard() or "/p/admin/dashboard")
    assert state(maya) == User.State.ACTIVE
    assert client.get("/p/admin/dashboard").status_code == 200
    event = Event.objects.latest("pk")
    assert (event.kind, event.actor_kind, event.actor_id) == (
        "user.activated",
        "user",
        str(maya.pk),
    )


def test_a_double_click_leads_in_twice(maya: User) -> None:
    link, client = newest_link(), visitor(host_of(maya.tenant))
    first, second = (client.post(link, {"once": NONCE})["Location"] for _ in range(2))
    assert first == second
    assert client.get(link)["Location"] == "/p/admin/dashboard"


def ended_used(maya: User, link: str) -> None:
    visitor(host_of(maya.tenant)).post(link)


def ended_by_time(maya: User, link: str) -> None:
    for token in SingleUseToken.objects.all():
        token.expires_at -= timedelta(days=8)
        token.save()


def ended_by_a_newer_one(maya: User, link: str) -> None:
    for token in SingleUseToken.objects.all():
        token.made_at -= timedelta(hours=1)
        token.save()
    resend_activation(maya, by=BY)


def ended_by_another_address(maya: User, link: str) -> None:
    User.objects.filter(pk=maya.pk).update(email="other@nightbus.example")


def ended_by_suspension(maya: User, link: str) -> None:
    change_tenant_state(Tenant.objects.get(pk=maya.tenant.pk), "suspend", by=BY)


@pytest.mark.parametrize(
    "end",
    [
        ended_used,
        ended_by_time,
        ended_by_a_newer_one,
        ended_by_another_address,
        ended_by_suspension,
    ],
)
def test_a_link_that_has_ended_says_what_to_do(maya: User, end: object) -> None:
    link = newest_link()
    assert callable(end)
    end(maya, link)
    before = state(maya)
    client = visitor(host_of(maya.tenant))
    for response in (client.get(link), client.post(link)):
        assert response.status_code == 404
        page = response.content.decode()
        assert "This link does nothing any more" in page
        assert 'href="/p/password"' in page
    assert state(maya) == before
    assert client.get("/p/admin/dashboard").status_code == 302


def test_a_link_works_on_its_own_host_only(maya: User, globex: Provider) -> None:
    link = newest_link()
    for host in (MASTER, ACME, "globex-admin.localhost", "nightbus.localhost"):
        assert visitor(host).post(link).status_code == 404
    assert state(maya) == User.State.PENDING


def test_who_has_no_password_chooses_one(acme: Provider) -> None:
    member = create_user(acme.tenant, by=BY, username="tom", email="tom@acme.example")
    resend_activation(member, by=BY)
    link, client = newest_link(), visitor(ACME)
    assert 'name="password"' in client.get(link).content.decode()
    refused = client.post(link, {"password": "12345"})
    assert refused.status_code == 422
    assert "Use at least 6 characters. This has 5." in text(refused)
    assert state(member) == User.State.PENDING
    assert client.post(link, {"password": CHOSEN})["Location"] == "/p/admin/dashboard"
    assert User.objects.get(pk=member.pk).check_password(CHOSEN)
    form = activation.FirstPasswordForm(acme.tenant, {"password": "123456789"})
    assert form.errors["password"] == [COMMON]
