"""Invitations as services make them: one open one for an address, one user by a link."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.accounts.links import token_in
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import Invitation, User
from tollway.portal.accounts.services import update_settings
from tollway.portal.accounts.services.invitations import accept_invitation, invite
from tollway.portal.applications.services import sign_up
from tollway.portal.mail.models import Mail

pytestmark = pytest.mark.django_db

ANN = "ann@dev.example"


def token() -> str:
    return token_in(Mail.objects.filter(template="invitation").latest("id"))


def test_an_address_has_one_open_invitation_per_account(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    with pytest.raises(ValidationError) as refused:
        invite(acme.account, by=BY, email=ANN.upper())
    assert refused.value.message_dict == {"email": ["has already been taken"]}
    other = sign_up(acme.tenant, by=BY, org_name="Other", username="other", email="o@x.example")
    invite(other.account, by=BY, email=ANN)
    assert Invitation.objects.count() == 2


def test_a_link_makes_one_user_who_is_a_member_with_that_address(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    value = token()
    user = accept_invitation(acme.tenant, value, by=BY, username="ann", password=PASSWORD)
    assert (user.email, user.account, user.role) == (ANN, acme.account, User.Role.MEMBER)
    with pytest.raises(ValidationError) as refused:
        accept_invitation(acme.tenant, value, by=BY, username="eve", password=PASSWORD)
    assert set(refused.value.message_dict) == {"token"}


def test_a_letter_says_who_invites_whereto(acme: Provider) -> None:
    invite(acme.account, by=BY, email=ANN)
    mail = Mail.objects.get(template="invitation")
    assert mail.subject == "Acme invites you to Developer"
    assert (mail.recipient, mail.audience) == (ANN, "developer")


def test_where_accounts_have_one_user_each_nobody_is_invited(acme: Provider) -> None:
    update_settings(acme.tenant, by=BY, multiple_users=False)
    with pytest.raises(ValidationError, match="one user each"):
        invite(acme.account, by=BY, email=ANN)
    assert not Mail.objects.filter(template="invitation").exists()
