"""Inviting people into a developer account: sent, sent again, taken back, accepted.

Who accepts becomes an active user of the account: that they have the link shows that the address
is theirs.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import msgspec
from django.db import transaction

from tollway import clock
from tollway.portal.accounts import selectors
from tollway.portal.accounts.models import Account, Invitation, User
from tollway.portal.accounts.signup import make_user
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, TAKEN, check, digest, lock, refuse
from tollway.portal.mail.letters import Value
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.mail.services import To, queue
from tollway.portal.tenants.hosts import developer_url
from tollway.portal.tenants.models import Tenant

LASTS = timedelta(days=7)
# Who is written to again before that gets no second mail.
AGAIN_AFTER = timedelta(minutes=1)
UNUSABLE = "is invalid, has been used, or is too old"
NOT_OPEN = "The account has to be approved first"
ONE_USER = "Accounts have one user each: the settings let nobody be invited"

_BYTES = 32


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
    value = _renew(invitation)
    check(invitation)
    if selectors.developers_of(account.tenant).filter(email__iexact=invitation.email).exists():
        raise refuse("email", TAKEN)
    invitation.save()
    _write(invitation, value)
    after = {"email": invitation.email, "account_id": account.pk}
    events.append(account.tenant, "invitation.created", invitation.pk, by=by, after=after)
    return invitation


@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: Actor) -> Mail | None:
    """Write once more; the link before ends. Refused for one that has been accepted.

    Within ``AGAIN_AFTER`` of the last letter nothing is done, and None returned.
    """
    lock(invitation)
    if invitation.accepted_at is not None:
        raise refuse(BASE, "The invitation has been accepted")
    if invitation.sent_at > clock.utc_now() - AGAIN_AFTER:
        return None
    value = _renew(invitation)
    invitation.save(update_fields=["digest", "sent_at", "expires_at", "updated_at"])
    mail = _write(invitation, value)
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
    _lock_open(invitation)
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


def _lock_open(invitation: Invitation) -> None:
    """Of many who accept at once, one does; of a letter that was sent again, the last counts."""
    seen = invitation.digest
    open_rows = Invitation.objects.select_for_update(no_key=True)
    if not open_rows.filter(pk=invitation.pk, digest=seen, accepted_at__isnull=True).exists():
        raise refuse("token", UNUSABLE)


def _renew(invitation: Invitation) -> str:
    """Give it a new token, without saving; return the token's value."""
    value, at = secrets.token_urlsafe(_BYTES), clock.utc_now()
    invitation.digest = digest("invitation", value)
    invitation.sent_at, invitation.expires_at = at, at + LASTS
    return value


def _write(invitation: Invitation, value: str) -> Mail:
    tenant = invitation.tenant
    values: dict[str, Value] = {
        "inviter": tenant.org_name,
        "group": invitation.account.org_name,
        "url": developer_url(tenant, f"/signup/{value}"),
        "days": LASTS.days,
    }
    to = To(invitation.email, Audience.DEVELOPER)
    key = f"invitation {invitation.pk} {invitation.digest}"
    return queue(tenant, "invitation", to, values, key=key, until=invitation.expires_at)
