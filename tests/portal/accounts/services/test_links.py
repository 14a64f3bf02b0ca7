"""What people do by a link from their mail, on either side of a tenant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.accounts.links import token_in
from portal.people import BY, PASSWORD, Provider
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.accounts.services import (
    activate,
    change_tenant_state,
    change_user_state,
    create_user,
    links,
    request_password_reset,
    resend_activation,
    reset_password,
)
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.events.selectors import events_of
from tollway.portal.mail.models import Audience, Mail

pytestmark = pytest.mark.django_db

VISITOR = Actor("visitor", request_id="r-4711")
SIDES = [(Audience.ADMIN, "admin"), (Audience.DEVELOPER, "developer")]
NEW = "an entirely new word"


def user_of(acme: Provider, name: str) -> User:
    user = getattr(acme, name)
    assert isinstance(user, User)
    return user


def newest() -> Event:
    return Event.objects.latest("pk")


def requested(acme: Provider, side: Audience, login: str) -> Mail | None:
    before = set(Mail.objects.values_list("pk", flat=True))
    request_password_reset(acme.tenant, side, login, by=VISITOR)
    return Mail.objects.exclude(pk__in=before).first()


@pytest.mark.parametrize(("side", "who"), SIDES)
def test_a_forgotten_password_is_replaced_by_a_link(
    acme: Provider, side: Audience, who: str
) -> None:
    user = user_of(acme, who)
    mail = requested(acme, side, user.email.upper())
    assert mail
    assert (mail.template, mail.recipient) == ("password_reset", user.email)
    assert newest().kind == "user.password_reset_sent"
    assert newest().actor_kind == "visitor"
    before = user.get_session_auth_hash()
    changed = reset_password(acme.tenant, side, token_in(mail), NEW, by=VISITOR)
    assert changed == user
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert user.get_session_auth_hash() != before
    event = newest()
    assert (event.kind, event.after) == ("user.updated", {"password": "changed"})
    assert (event.actor_kind, event.actor_id, event.request_id) == ("user", f"{user.pk}", "r-4711")
    with pytest.raises(ValidationError) as failed:
        reset_password(acme.tenant, side, token_in(mail), "yet another word", by=VISITOR)
    assert failed.value.message_dict == {"token": [links.UNUSABLE]}


@pytest.mark.parametrize(
    ("side", "login"),
    [
        (Audience.ADMIN, "nobody"),
        (Audience.ADMIN, "nobody@acme.example"),
        (Audience.ADMIN, ""),
        (Audience.ADMIN, "john"),
        (Audience.DEVELOPER, "admin"),
        (Audience.DEVELOPER, "john' OR 1=1 --"),
    ],
)
def test_nobody_is_written_to_who_does_not_sign_in_there(
    acme: Provider, side: Audience, login: str
) -> None:
    count = Event.objects.count()
    assert requested(acme, side, login) is None
    assert Event.objects.count() == count


def test_a_stranger_of_that_name_is_not_written_to(acme: Provider, globex: Provider) -> None:
    mail = requested(acme, Audience.ADMIN, "admin")
    assert mail
    assert mail.recipient == "admin@acme.example"
    assert requested(acme, Audience.ADMIN, "admin@globex.example") is None


def test_who_is_suspended_gets_no_link(acme: Provider) -> None:
    change_user_state(acme.developer, "suspend", by=BY)
    assert requested(acme, Audience.DEVELOPER, "john") is None
    change_tenant_state(acme.tenant, "suspend", by=BY)
    assert requested(acme, Audience.ADMIN, "admin") is None


def test_asking_again_at_once_sends_nothing_and_leaves_the_link(acme: Provider) -> None:
    first = requested(acme, Audience.ADMIN, "admin")
    assert first
    assert requested(acme, Audience.ADMIN, "admin") is None
    SingleUseToken.objects.update(
        made_at=SingleUseToken.objects.get().made_at - links.AGAIN_AFTER - timedelta(seconds=1)
    )
    second = requested(acme, Audience.ADMIN, "admin")
    assert second
    with pytest.raises(ValidationError):
        reset_password(acme.tenant, Audience.ADMIN, token_in(first), NEW, by=VISITOR)
    reset_password(acme.tenant, Audience.ADMIN, token_in(second), NEW, by=VISITOR)


def test_a_password_that_is_too_short_leaves_the_link(acme: Provider) -> None:
    mail = requested(acme, Audience.ADMIN, "admin")
    assert mail
    with pytest.raises(ValidationError) as failed:
        reset_password(acme.tenant, Audience.ADMIN, token_in(mail), "short", by=VISITOR)
    assert "password" in failed.value.message_dict
    acme.admin.refresh_from_db()
    assert acme.admin.check_password(PASSWORD)
    reset_password(acme.tenant, Audience.ADMIN, token_in(mail), NEW, by=VISITOR)


def newcomer(acme: Provider, side: Audience, **fields: Any) -> User:
    account = acme.account if side is Audience.DEVELOPER else None
    given = {"username": "ann", "email": "ann@acme.example", "password": PASSWORD, **fields}
    return create_user(acme.tenant, by=BY, account=account, **given)


@pytest.mark.parametrize(("side", "who"), SIDES)
def test_a_pending_user_is_activated_once(acme: Provider, side: Audience, who: str) -> None:
    user = newcomer(acme, side)
    mail = resend_activation(user, by=BY)
    assert newest().kind == "user.activation_sent"
    assert mail == Mail.objects.get(recipient="ann@acme.example")
    assert resend_activation(user, by=BY) is None
    assert activate(acme.tenant, side, token_in(mail), by=VISITOR) == user
    user.refresh_from_db()
    assert user.state == "active"
    event = newest()
    assert (event.kind, event.actor_id) == ("user.activated", f"{user.pk}")
    with pytest.raises(ValidationError) as failed:
        activate(acme.tenant, side, token_in(mail), by=VISITOR)
    assert failed.value.message_dict == {"token": [links.UNUSABLE]}
    assert [each.kind for each in events_of(acme.tenant)].count("user.activated") == 1


def test_a_pending_user_who_forgot_the_password_is_sent_the_activation(acme: Provider) -> None:
    newcomer(acme, Audience.DEVELOPER)
    mail = requested(acme, Audience.DEVELOPER, "ann")
    assert mail
    assert mail.template == "activation"
    activate(acme.tenant, Audience.DEVELOPER, token_in(mail), by=VISITOR)


def test_an_activation_is_for_those_who_wait_for_it(acme: Provider) -> None:
    with pytest.raises(ValidationError, match="is not pending"):
        resend_activation(acme.admin, by=BY)
    nobody = newcomer(acme, Audience.ADMIN, email="")
    with pytest.raises(ValidationError) as failed:
        resend_activation(nobody, by=BY)
    assert "email" in failed.value.message_dict
