"""Inviting people into a developer account: sent, sent again, taken back, accepted.

Who accepts becomes an active user of the account: that they have the link shows that the address
is theirs.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction

from tollway import clock
from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, Invitation, User
from tollway.portal.accounts.services.letters import (
    UNUSABLE,
    lock_open,
    renew,
    send_again,
    write,
)
from tollway.portal.accounts.signup import make_user
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, TAKEN, check, lock, refuse
from tollway.portal.mail.models import Mail
from tollway.portal.tenants.models import Tenant

NOT_OPEN = "The account has to be approved first"
ONE_USER = "Accounts have one user each: the settings let nobody be invited"


@transaction.atomic
def invite(account: Account, *, by: Actor, email: str) -> Invitation:
    """Write to ``email``, for whoever reads it to join the account.

    Refused where the account is not approved, where accounts have one user each
    (`multiple_users`), and for an address that is known: a developer of the tenant
    has it, or an open invitation to this account went to it.
    """
    lock(account)
    if account.state != Account.State.APPROVED:
        raise refuse(BASE, NOT_OPEN)
    if not account.tenant.settings.multiple_users:
        raise refuse(BASE, ONE_USER)
    invitation = Invitation(tenant=account.tenant, account=account, email=email.strip())
    value = renew(invitation)
    check(invitation)
    if selectors.developers_of(account.tenant).filter(email__iexact=invitation.email).exists():
        raise refuse("email", TAKEN)
    invitation.save()
    write(invitation, value)
    after = {"email": invitation.email, "account_id": account.pk}
    events.append(account.tenant, "invitation.created", invitation.pk, by=by, after=after)
    return invitation


@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: Actor) -> Mail | None:
    """Write once more; the link before ends. Refused for one that has been accepted.

    Within ``AGAIN_AFTER`` of the last letter nothing is done, and None returned.
    """
    lock(invitation)
    mail = send_again(invitation)
    if mail is not None:
        events.append(invitation.tenant, "invitation.sent", invitation.pk, by=by)
    return mail


@transaction.atomic
def delete_invitation(invitation: Invitation, *, by: Actor) -> None:
    """Remove it, and with it the link. Who has accepted stays a user."""
    tenant, pk = invitation.tenant, invitation.pk
    lock(invitation)
    before = {"email": invitation.email, "account_id": invitation.account_id}
    invitation.delete()
    events.append(tenant, "invitation.deleted", pk, by=by, before=before)


@transaction.atomic
def accept_invitation(
    tenant: Tenant,
    value: str,
    *,
    by: Actor,
    password: str,
    **fields: Any,  # noqa: ANN401
) -> User:
    """Make an active member of the account, with the address that the link was sent to.

    ``fields``: username, and every other field of users but for e-mail. Refused for a link that
    does not work (any more), and, leaving the link, for values that break a rule.
    """
    invitation = selectors.invitation_by_value(tenant, value)
    if invitation is None:
        raise refuse("token", UNUSABLE)
    lock(invitation.account)
    lock_open(invitation)
    user = make_user(
        tenant,
        {**fields, "email": invitation.email, "password": password},
        account=invitation.account,
        state=User.State.ACTIVE,
        role=User.Role.MEMBER,
    )
    invitation.accepted_at, invitation.user = clock.utc_now(), user
    invitation.save(update_fields=["accepted_at", "user", "updated_at"])
    by = msgspec.structs.replace(by, kind="user", id=str(user.pk))
    after = {"user_id": user.pk, "username": user.username, "account_id": user.account_id}
    events.append(tenant, "invitation.accepted", invitation.pk, by=by, after=after)
    return user
