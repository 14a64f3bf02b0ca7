"""Inviting into the tenant's own portal: one link, one user, the rights that were given."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.accounts.links import token_in
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import TeamInvitation, User
from tollway.portal.accounts.services import invite
from tollway.portal.accounts.services.letters import LASTS, kind_of, renew, send_again
from tollway.portal.accounts.services.team import (
    delete_team_invitation,
    invite_to_team,
    join_team,
    resend_team_invitation,
)
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Mail

pytestmark = pytest.mark.django_db

ANN = "ann@acme.example"
GUEST = Actor("visitor")


def token() -> str:
    return token_in(Mail.objects.filter(template="team_invitation").latest("id"))


def test_who_joins_has_the_rights_of_the_invitation_and_acts_in_their_own_name(
    acme: Provider,
) -> None:
    rights = {"role": "member", "allowed_sections": ["plans"], "allowed_service_ids": []}
    row = invite_to_team(acme.tenant, by=BY, email=f" {ANN} ", **rights)
    assert row.expires_at - row.sent_at == LASTS
    user = join_team(acme.tenant, token(), by=GUEST, username="ann", password=PASSWORD)
    assert (user.account, user.email, user.allowed_service_ids) == (None, ANN, [])
    row.refresh_from_db()
    assert (row.user, row.accepted_at is not None) == (user, True)
    event = Event.objects.get(kind="team_invitation.accepted")
    assert (event.actor_kind, event.actor_id) == ("user", str(user.pk))
    assert event.after["allowed_sections"] == ["plans"]


def test_a_link_lets_one_in_and_a_refusal_leaves_it(acme: Provider) -> None:
    invite_to_team(acme.tenant, by=BY, email=ANN)
    value = token()
    with pytest.raises(ValidationError, match="has already been taken"):
        join_team(acme.tenant, value, by=GUEST, username="admin", password=PASSWORD)
    join_team(acme.tenant, value, by=GUEST, username="ann", password=PASSWORD)
    with pytest.raises(ValidationError, match="has been used"):
        join_team(acme.tenant, value, by=GUEST, username="bob", password=PASSWORD)
    assert User.objects.filter(tenant=acme.tenant, account=None).count() == 2


def test_a_link_of_one_side_opens_nothing_on_the_other(acme: Provider) -> None:
    row = invite(acme.account, by=BY, email=ANN)
    value = renew(row)
    row.save()
    assert kind_of(row) == "invitation"
    with pytest.raises(ValidationError, match="is invalid"):
        join_team(acme.tenant, value, by=GUEST, username="ann", password=PASSWORD)


@pytest.mark.parametrize(
    "rights", [{"role": "king"}, {"allowed_sections": ["kitchen"]}, {"allowed_sections": "plans"}]
)
def test_rights_that_do_not_exist_are_refused(acme: Provider, rights: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        invite_to_team(acme.tenant, by=BY, email=ANN, **rights)
    assert not TeamInvitation.objects.exists()
    assert not Mail.objects.filter(template="team_invitation").exists()


def test_an_invitation_is_written_again_not_too_soon_and_not_once_accepted(acme: Provider) -> None:
    row = invite_to_team(acme.tenant, by=BY, email=ANN)
    assert resend_team_invitation(row, by=BY) is None
    row.sent_at -= LASTS
    row.save()
    before = token()
    assert resend_team_invitation(row, by=BY) is not None
    assert token() != before
    join_team(acme.tenant, token(), by=GUEST, username="ann", password=PASSWORD)
    row.refresh_from_db()
    with pytest.raises(ValidationError, match="has been accepted"):
        send_again(row)
    delete_team_invitation(row, by=BY)
    assert User.objects.filter(username="ann").exists()
