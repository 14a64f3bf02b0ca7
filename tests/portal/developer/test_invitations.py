"""Invitations: sent by the provider, accepted once on the developers' side."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from portal.console.visiting import NONCE, admin
from portal.console.visiting import text as admin_text
from portal.developer.visiting import developer, host_of, text, visitor
from portal.people import BY, PASSWORD, Provider
from tollway import clock
from tollway.portal.accounts.models import Invitation, User
from tollway.portal.accounts.selectors import invitation_by_value
from tollway.portal.accounts.services import (
    change_account_state,
    delete_invitation,
    invite,
    resend_invitation,
)
from tollway.portal.accounts.services.letters import AGAIN_AFTER
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import content_of

pytestmark = pytest.mark.django_db

ANN = "ann@dev.example"
JOIN = {"username": "ann", "password": PASSWORD, "once": "j" * 32}


def at(provider: Provider) -> str:
    return f"/buyers/accounts/{provider.account.pk}/invitations"


def link() -> str:
    """Return the path of the newest letter's link, which both its forms have."""
    mail = Mail.objects.filter(template="invitation").latest("id")
    content = content_of(mail)
    assert content
    found = re.search(r"http://acme\.localhost[:\d]*(/signup/[\w-]{43})", content.text)
    assert found
    assert found[0] in content.html
    return found[1]


def test_a_provider_invites_and_the_invited_joins(acme: Provider) -> None:
    client = admin(acme)
    assert "Nobody has been invited" in admin_text(client.get(at(acme)))
    sent = client.post(at(acme), {"email": ANN, "once": NONCE})
    assert (sent.status_code, sent["Location"]) == (302, at(acme))
    page = admin_text(client.get(at(acme)))
    assert ANN in page
    assert "Not yet" in page
    guest, path = visitor(acme), link()
    form = guest.get(path)
    assert "Join Developer" in text(form)
    assert ANN in text(form)
    joined = guest.post(path, JOIN)
    assert (joined.status_code, joined["Location"]) == (302, "/admin")
    assert guest.get("/admin").status_code == 200
    user = User.objects.get(username="ann")
    assert (user.email, user.account, user.state, user.role) == (
        ANN, acme.account, "active", "member",
    )  # fmt: skip
    assert "as ann" in admin_text(client.get(at(acme)))
    event = Event.objects.get(kind="invitation.accepted")
    assert (event.actor_kind, event.actor_id) == ("user", str(user.pk))


def test_a_link_works_once_here_only_and_not_too_late(acme: Provider, globex: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    path = link()
    visitor(globex)
    guest = visitor(acme)
    assert guest.get(path, headers=host_of(globex)).status_code == 404
    assert guest.post(path, JOIN, headers=host_of(globex)).status_code == 404
    Invitation.objects.update(expires_at=clock.utc_now())
    assert guest.get(path).status_code == 404
    Invitation.objects.update(expires_at=clock.utc_now() + AGAIN_AFTER)
    assert guest.post(path, JOIN).status_code == 302
    late = visitor(acme).post(path, {**JOIN, "username": "eve", "once": "m" * 32})
    assert late.status_code == 404
    assert "This link has ended" in text(late)
    assert not User.objects.filter(username="eve").exists()


def test_what_is_wrong_stands_at_the_field_and_the_link_goes_on_working(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    path, guest = link(), visitor(acme)
    taken = guest.post(path, {**JOIN, "username": "john"})
    assert taken.status_code == 422
    assert "Has already been taken" in text(taken)
    assert 'value="john"' in taken.content.decode()
    assert PASSWORD not in taken.content.decode()
    short = guest.post(path, {**JOIN, "password": "abc"})
    assert short.status_code == 422
    assert "Use at least 6 characters" in text(short)
    assert guest.post(path, JOIN).status_code == 302


def test_an_account_that_is_not_approved_takes_nobody_in(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    path = link()
    change_account_state(acme.account, "suspend", by=BY)
    assert visitor(acme).get(path).status_code == 404
    with pytest.raises(ValidationError, match="approved first"):
        invite(acme.account, by=BY, email="bob@dev.example")


@pytest.mark.parametrize("email", ["", "no address", "john@dev.example", "JOHN@dev.example", ANN])
def test_an_address_has_to_be_one_and_a_new_one(acme: Provider, email: str) -> None:
    invite(acme.account, by=BY, email=ANN)
    client = admin(acme)
    refused = client.post(at(acme), {"email": email, "once": NONCE})
    assert refused.status_code == 422
    assert email in refused.content.decode()
    assert Invitation.objects.count() == 1


def test_a_letter_is_sent_again_and_ends_the_link_before(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    before, client = link(), admin(acme)
    row = Invitation.objects.get()
    resend = f"{at(acme)}/{row.pk}/resend"
    client.post(resend)
    assert link() == before, "not within a minute"
    Invitation.objects.update(sent_at=clock.utc_now() - AGAIN_AFTER)
    client.post(resend)
    assert link() != before
    guest = visitor(acme)
    assert guest.get(before).status_code == 404
    assert guest.post(link(), JOIN).status_code == 302
    with pytest.raises(ValidationError, match="has been accepted"):
        resend_invitation(Invitation.objects.get(), by=BY)


def test_an_invitation_is_taken_back_and_whoever_accepted_stays(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    path, client = link(), admin(acme)
    client.post(f"{at(acme)}/{Invitation.objects.get().pk}/delete")
    assert visitor(acme).get(path).status_code == 404
    invite(acme.account, by=BY, email=ANN)
    visitor(acme).post(link(), JOIN)
    delete_invitation(Invitation.objects.get(), by=BY)
    assert User.objects.filter(username="ann").exists()


def test_another_tenant_sees_and_does_nothing(acme: Provider, globex: Provider) -> None:
    invitation = invite(acme.account, by=BY, email=ANN)
    stranger = admin(globex)
    assert stranger.get(at(acme)).status_code == 404
    for act in ("resend", "delete"):
        assert stranger.post(f"{at(acme)}/{invitation.pk}/{act}").status_code == 404
        theirs = f"{at(globex)}/{invitation.pk}/{act}"
        assert stranger.post(theirs).status_code == 404
    assert Invitation.objects.count() == 1
    value = link().rpartition("/")[2]
    assert invitation_by_value(globex.tenant, value) is None
    assert invitation_by_value(acme.tenant, value) == invitation
    assert value not in str(Invitation.objects.values())


def test_a_developer_cannot_reach_the_providers_pages(acme: Provider) -> None:
    assert developer(acme).get(at(acme)).status_code == 404
