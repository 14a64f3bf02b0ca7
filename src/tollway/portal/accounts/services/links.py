"""What people do by a link from their mail: activate themselves, set a new password.

The same for both sides: admins of a tenant, and its developers. Whoever has the link acts as its
user, and the log says so.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec
from django.db import transaction

from tollway import clock
from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.accounts.services.users import USER_MOVES
from tollway.portal.accounts.signup import set_password
from tollway.portal.accounts.single_use import (
    Purpose,
    spend,
    token_by_value,
    write_link,
)
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock, move, refuse
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.tenants.models import Tenant

# Who asks again before that gets no second mail: nobody's mailbox is filled from outside.
AGAIN_AFTER = timedelta(minutes=1)
UNUSABLE = "is invalid, has been used, or is too old"


@transaction.atomic
def request_password_reset(tenant: Tenant, audience: Audience, login: str, *, by: Actor) -> None:
    """Write to the user of that name or address, if there is one who may sign in.

    What comes back does not tell whether there is; that it took some milliseconds longer might, to
    somebody who may ask very often, so pages throttle this. A user who has not been activated yet
    is sent the activation again. The link works for a day, once, and until the password or the
    address changes; the old password goes on working.
    """
    find = {
        Audience.ADMIN: selectors.admin_by_login,
        Audience.DEVELOPER: selectors.developer_by_login,
    }[audience]
    user = find(tenant, login)
    if user is None or not user.email or tenant.is_closed:
        return
    purposes = {
        User.State.ACTIVE.value: Purpose.PASSWORD_RESET,
        User.State.PENDING.value: Purpose.ACTIVATION,
    }
    if purpose := purposes.get(user.state):
        _send(user, purpose, by=by)


@transaction.atomic
def resend_activation(user: User, *, by: Actor) -> Mail | None:
    """Write to a pending user once more; the link before ends. Refused for any other user.

    Within ``AGAIN_AFTER`` of the last letter nothing is done, and None returned.
    """
    if user.state != User.State.PENDING:
        raise refuse("state", "is not pending")
    return _send(user, Purpose.ACTIVATION, by=by)


@transaction.atomic
def reset_password(
    tenant: Tenant, audience: Audience, value: str, password: str, *, by: Actor
) -> User:
    """Set the password of the user whose link it is; that ends their sessions.

    Refused for a token that does not work (any more), and, leaving the token, for a password that
    is too short.
    """
    token = _spent(token_by_value(tenant, audience, Purpose.PASSWORD_RESET, value))
    user = token.user
    lock(user)
    set_password(user, password)
    user.save(update_fields=["password", "updated_at"])
    after = {"password": "changed"}  # that it was, not to what
    events.append(tenant, "user.updated", user.pk, by=_as(user, by), after=after)
    return user


@transaction.atomic
def activate(tenant: Tenant, audience: Audience, value: str, *, by: Actor) -> User:
    """Let the user whose link it is sign in: their address is theirs. Refused if it is unusable."""
    token = _spent(token_by_value(tenant, audience, Purpose.ACTIVATION, value))
    user = token.user
    moved = move(user, "activate", USER_MOVES)
    kind = f"user.{moved.done}"
    events.append(tenant, kind, user.pk, by=_as(user, by), before=moved.before, after=moved.after)
    return user


def _send(user: User, purpose: Purpose, *, by: Actor) -> Mail | None:
    lock(user)
    fresh = user.single_use_tokens.filter(
        purpose=purpose, made_at__gt=clock.utc_now() - AGAIN_AFTER
    )
    if fresh.exists():
        return None
    mail = write_link(user, purpose)
    events.append(user.tenant, f"user.{purpose}_sent", user.pk, by=by)
    return mail


def _spent(token: SingleUseToken | None) -> SingleUseToken:
    if token is None or not spend(token):
        raise refuse("token", UNUSABLE)
    return token


def _as(user: User, by: Actor) -> Actor:
    """Return the user as the actor of this request: who asked, nobody knew before."""
    return msgspec.structs.replace(by, kind="user", id=str(user.pk))
