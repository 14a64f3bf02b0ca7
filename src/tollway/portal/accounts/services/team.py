"""Inviting people into the tenant's own portal, with the rights that they will have there."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction

from tollway import clock
from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import TeamInvitation, User
from tollway.portal.accounts.services.letters import (
    UNUSABLE,
    lock_open,
    renew,
    send_again,
    write,
)
from tollway.portal.accounts.services.users import expect_room
from tollway.portal.accounts.signup import make_user
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import TAKEN, fill, lock, refuse
from tollway.portal.mail.models import Mail
from tollway.portal.tenants.models import Tenant

_RIGHTS = ("role", "allowed_sections", "allowed_service_ids")


@transaction.atomic
def invite_to_team(
    tenant: Tenant,
    *,
    by: Actor,
    email: str,
    **rights: Any,  # noqa: ANN401
) -> TeamInvitation:
    """Write to ``email``, for whoever reads it to become a user of the admin portal.

    ``rights``: role ("admin" or "member"), allowed_sections, allowed_service_ids (None: all
    products). Refused for an address that is known: an admin has it, or an open invitation went to
    it; and where users and open invitations are as many as the operator allows.
    """
    lock(tenant)  # before anything is counted
    waiting = selectors.team_invitations_of(tenant).filter(accepted_at__isnull=True)
    expect_room(tenant, invited=waiting.count())
    invitation = TeamInvitation(tenant=tenant)
    value = renew(invitation)
    fill(invitation, {"email": email.strip(), **rights}, ("email", *_RIGHTS))
    if selectors.admins_of(tenant).filter(email__iexact=invitation.email).exists():
        raise refuse("email", TAKEN)
    invitation.save()
    write(invitation, value)
    after = {"email": invitation.email, **_rights_of(invitation)}
    events.append(tenant, "team_invitation.created", invitation.pk, by=by, after=after)
    return invitation


@transaction.atomic
def resend_team_invitation(invitation: TeamInvitation, *, by: Actor) -> Mail | None:
    """Write once more; the link before ends. Refused for one that has been accepted.

    Within ``letters.AGAIN_AFTER`` of the last letter nothing is done, and None returned.
    """
    lock(invitation)
    mail = send_again(invitation)
    if mail is not None:
        events.append(invitation.tenant, "team_invitation.sent", invitation.pk, by=by)
    return mail


@transaction.atomic
def delete_team_invitation(invitation: TeamInvitation, *, by: Actor) -> None:
    """Remove it, and with it the link. Who has accepted stays a user."""
    tenant, pk = invitation.tenant, invitation.pk
    lock(invitation)
    before = {"email": invitation.email, **_rights_of(invitation)}
    invitation.delete()
    events.append(tenant, "team_invitation.deleted", pk, by=by, before=before)


@transaction.atomic
def join_team(
    tenant: Tenant,
    value: str,
    *,
    by: Actor,
    password: str,
    **fields: Any,  # noqa: ANN401
) -> User:
    """Make an active user with the invitation's rights, and the address that it was sent to.

    ``fields``: username, and every other field of users but for e-mail. Refused for a link that
    does not work (any more), and, leaving the link, for values that break a rule.
    """
    invitation = selectors.team_invitation_by_value(tenant, value)
    if invitation is None:
        raise refuse("token", UNUSABLE)
    expect_room(tenant)
    lock_open(invitation)
    user = make_user(
        tenant,
        {**fields, "email": invitation.email, "password": password},
        state=User.State.ACTIVE,
        role=invitation.role,
    )
    user.allowed_sections = invitation.allowed_sections
    user.allowed_service_ids = invitation.allowed_service_ids
    user.save(update_fields=["allowed_sections", "allowed_service_ids", "updated_at"])
    invitation.accepted_at, invitation.user = clock.utc_now(), user
    invitation.save(update_fields=["accepted_at", "user", "updated_at"])
    by = msgspec.structs.replace(by, kind="user", id=str(user.pk))
    after = {"user_id": user.pk, "username": user.username, **_rights_of(invitation)}
    events.append(tenant, "team_invitation.accepted", invitation.pk, by=by, after=after)
    return user


def _rights_of(invitation: TeamInvitation) -> dict[str, Any]:
    return {name: getattr(invitation, name) for name in _RIGHTS}
