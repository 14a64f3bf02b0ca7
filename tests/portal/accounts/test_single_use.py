"""Tokens of links: found by nothing but their value, for a while, on their side, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from portal.accounts.links import token_in, written
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts import single_use
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.accounts.services import (
    change_tenant_state,
    change_user_state,
    create_user,
    update_user,
)
from tollway.portal.accounts.single_use import Purpose, token_by_value
from tollway.portal.mail.models import Audience, Mail

pytestmark = pytest.mark.django_db

ACTIVATION, RESET = Purpose.ACTIVATION, Purpose.PASSWORD_RESET


def pending(acme: Provider, side: Audience) -> User:
    account = acme.account if side is Audience.DEVELOPER else None
    return create_user(
        acme.tenant, by=BY, account=account, username="ann", email="ann@acme.example",
        password="s3cret word",
    )  # fmt: skip


def write(user: User, purpose: Purpose) -> str:
    with transaction.atomic():
        return token_in(single_use.write_link(user, purpose))


@pytest.mark.parametrize("side", Audience)
def test_a_letter_carries_the_token_and_the_database_does_not(
    acme: Provider, side: Audience
) -> None:
    user = pending(acme, side)
    with transaction.atomic():
        mail = single_use.write_activation(user)
    value = token_in(mail)
    row = SingleUseToken.objects.values().get()
    assert value not in str(row)
    assert (mail.recipient, mail.audience, mail.until) == (user.email, side, row["expires_at"])
    host = "acme-admin" if side is Audience.ADMIN else "acme"
    path = "/p/activate/" if side is Audience.ADMIN else "/activate/"
    assert f"http://{host}.localhost:3000{path}{value}" in written(mail)
    found = token_by_value(acme.tenant, side, ACTIVATION, value)
    assert found
    assert found.user == user


@pytest.mark.parametrize("side", Audience)
def test_it_works_on_its_own_side_and_for_its_purpose_only(
    acme: Provider, globex: Provider, side: Audience
) -> None:
    value = write(pending(acme, side), ACTIVATION)
    [other_side] = set(Audience) - {side}
    assert token_by_value(acme.tenant, side, ACTIVATION, value)
    assert token_by_value(acme.tenant, other_side, ACTIVATION, value) is None
    assert token_by_value(acme.tenant, side, RESET, value) is None
    assert token_by_value(globex.tenant, side, ACTIVATION, value) is None
    assert token_by_value(acme.tenant, side, ACTIVATION, value + "x") is None
    assert token_by_value(acme.tenant, side, ACTIVATION, "") is None


def test_a_new_one_ends_the_old_one_of_its_purpose(acme: Provider) -> None:
    old, new = write(acme.admin, RESET), write(acme.admin, RESET)
    assert token_by_value(acme.tenant, Audience.ADMIN, RESET, old) is None
    assert token_by_value(acme.tenant, Audience.ADMIN, RESET, new)
    assert Mail.objects.count() == 2


@pytest.mark.parametrize(("purpose", "hours"), [(ACTIVATION, 7 * 24), (RESET, 24)])
def test_it_works_for_a_while(acme: Provider, purpose: Purpose, hours: int) -> None:
    user = acme.admin if purpose == RESET else pending(acme, Audience.ADMIN)
    value = write(user, purpose)
    token = SingleUseToken.objects.get()
    assert token.expires_at - token.made_at == timedelta(hours=hours)
    assert token_by_value(acme.tenant, Audience.ADMIN, purpose, value)
    SingleUseToken.objects.update(expires_at=clock.utc_now())
    assert token_by_value(acme.tenant, Audience.ADMIN, purpose, value) is None


def test_one_for_a_password_ends_when_password_or_address_change(acme: Provider) -> None:
    for change in ({"password": "another word"}, {"email": "new@acme.example"}):
        value = write(acme.admin, RESET)
        update_user(acme.admin, by=BY, first_name="Ann")
        assert token_by_value(acme.tenant, Audience.ADMIN, RESET, value)
        update_user(acme.admin, by=BY, **change)
        assert token_by_value(acme.tenant, Audience.ADMIN, RESET, value) is None


def test_one_for_activation_ends_when_the_address_changes(acme: Provider) -> None:
    user = pending(acme, Audience.ADMIN)
    value = write(user, ACTIVATION)
    update_user(user, by=BY, password="another word")
    assert token_by_value(acme.tenant, Audience.ADMIN, ACTIVATION, value)
    update_user(user, by=BY, email="new@acme.example")
    assert token_by_value(acme.tenant, Audience.ADMIN, ACTIVATION, value) is None


def test_it_opens_nothing_for_a_user_in_another_state(acme: Provider) -> None:
    user = pending(acme, Audience.DEVELOPER)
    value = write(user, ACTIVATION)
    change_user_state(user, "activate", by=BY)
    assert token_by_value(acme.tenant, Audience.DEVELOPER, ACTIVATION, value) is None
    value = write(user, RESET)
    change_user_state(user, "suspend", by=BY)
    assert token_by_value(acme.tenant, Audience.DEVELOPER, RESET, value) is None


def test_it_opens_nothing_of_a_suspended_tenant(acme: Provider) -> None:
    value = write(acme.admin, RESET)
    change_tenant_state(acme.tenant, "suspend", by=BY)
    assert token_by_value(acme.tenant, Audience.ADMIN, RESET, value) is None


def test_it_is_spent_once(acme: Provider) -> None:
    value = write(acme.admin, RESET)
    twice = [token_by_value(acme.tenant, Audience.ADMIN, RESET, value) for _ in range(2)]
    assert [single_use.spend(token) for token in twice if token] == [True, False]


def test_whoever_has_no_address_gets_no_letter(acme: Provider) -> None:
    acme.admin.email = ""
    with pytest.raises(ValidationError), transaction.atomic():
        single_use.write_link(acme.admin, RESET)
    assert not SingleUseToken.objects.exists()


def test_every_purpose_has_its_link() -> None:
    assert set(single_use.LINKS) == set(Purpose)
    for link in single_use.LINKS.values():
        assert set(link.paths) == set(Audience)
