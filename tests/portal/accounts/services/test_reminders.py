"""Who has not followed a link is written to once more, while it works, and never again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model

from portal.accounts.links import token_in
from portal.people import BY, PASSWORD, Provider
from tollway import clock
from tollway.portal.accounts.models import (
    Account,
    Invitation,
    SingleUseToken,
    TeamInvitation,
    User,
)
from tollway.portal.accounts.services import activate, invite, invite_to_team, join_team
from tollway.portal.accounts.services.reminders import AFTER, remind_due
from tollway.portal.accounts.single_use import LINKS, Purpose
from tollway.portal.applications.services import sign_up
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

ANN = "ann@night.example"
Ask = Callable[[Provider], Any]


def signed_up(acme: Provider) -> Any:
    return sign_up(
        acme.tenant,
        by=BY,
        confirmed=False,
        org_name="Night Bus",
        username="ann",
        email=ANN,
        password=PASSWORD,
    )


KINDS: dict[str, tuple[Ask, type[Model], str]] = {
    "activation": (signed_up, SingleUseToken, "made_at"),
    "invitation": (lambda p: invite(p.account, by=BY, email=ANN), Invitation, "sent_at"),
    "team_invitation": (
        lambda p: invite_to_team(p.tenant, by=BY, email=ANN), TeamInvitation, "sent_at",
    ),
}  # fmt: skip
EVENTS = {"activation": "user.activation_sent", "invitation": "invitation.sent"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, acme: Provider) -> str:
    name = str(request.param)
    KINDS[name][0](acme)
    return name


def age(kind: str, by: timedelta) -> None:
    """Let the letter be older than it is."""
    _, model, sent = KINDS[kind]
    at = clock.utc_now() - by
    model._default_manager.update(**{sent: at, "expires_at": at + LINKS[Purpose.ACTIVATION].lasts})


def letters(kind: str) -> list[Mail]:
    return list(Mail.objects.filter(template=kind).order_by("id"))


def test_one_reminder_is_sent_after_three_days_with_a_new_link(kind: str) -> None:
    age(kind, AFTER - timedelta(minutes=1))
    assert remind_due(clock.utc_now()) == 0
    age(kind, AFTER)
    assert remind_due(clock.utc_now()) == 1
    first, second = letters(kind)
    assert second.subject.startswith("Reminder: ")
    assert token_in(first) != token_in(second)
    age(kind, AFTER)
    assert remind_due(clock.utc_now()) == 0, "once is enough"
    event = Event.objects.filter(kind=EVENTS.get(kind, "team_invitation.sent")).last()
    assert event is not None
    assert event.actor_kind == "system"


def test_whose_link_has_ended_is_left_alone(kind: str) -> None:
    age(kind, LINKS[Purpose.ACTIVATION].lasts)
    assert remind_due(clock.utc_now()) == 0


def test_nobody_is_reminded_by_an_organisation_that_is_closed(acme: Provider, kind: str) -> None:
    age(kind, AFTER)
    Tenant.objects.filter(pk=acme.tenant.pk).update(state="suspended")
    assert remind_due(clock.utc_now()) == 0


def test_an_account_that_was_refused_is_not_reminded(acme: Provider) -> None:
    signed_up(acme)
    age("activation", AFTER)
    Account.objects.filter(org_name="Night Bus").update(state="rejected")
    assert remind_due(clock.utc_now()) == 0


def test_who_has_followed_the_link_is_not_reminded(acme: Provider) -> None:
    signed_up(acme)
    token = token_in(letters("activation")[0])
    activate(acme.tenant, Audience.DEVELOPER, token, by=Actor("visitor"))
    invite_to_team(acme.tenant, by=BY, email=ANN)
    value = token_in(letters("team_invitation")[0])
    join_team(acme.tenant, value, by=Actor("visitor"), username="ann", password=PASSWORD)
    age("team_invitation", AFTER)
    assert remind_due(clock.utc_now()) == 0
    assert User.objects.filter(username="ann", state="active").count() == 2
