"""Writing once more to who has not followed a link: to confirm an address, or to accept.

Once for each sign-up and each invitation, and only while its link works: the letter may have been
overlooked, and after the second one nobody is bothered any more (feature map, US11).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from tollway.portal.accounts.models import (
    Account,
    Invitation,
    SingleUseToken,
    TeamInvitation,
    User,
)
from tollway.portal.accounts.services.letters import kind_of, send_again
from tollway.portal.accounts.single_use import Purpose, write_link
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM
from tollway.portal.fields import lock
from tollway.portal.tenants.models import Tenant

AFTER = timedelta(days=3)
BATCH = 100

Asked = TypeVar("Asked", Invitation, TeamInvitation)

_APPROVED = Account.State.APPROVED
_CLOSED = Q(tenant__state__in=[Tenant.State.SUSPENDED, Tenant.State.SCHEDULED_FOR_DELETION])


def remind_due(at: datetime) -> int:
    """Write to at most ``BATCH`` of each kind that are due; return how many letters that were."""
    tokens = _tokens(at).select_related("user__tenant", "user__account").order_by("pk")[:BATCH]
    return (
        sum(_remind_user(token, at) for token in tokens)
        + _remind_all(_open(Invitation.objects.filter(account__state=_APPROVED), at), at)
        + _remind_all(_open(TeamInvitation.objects.all(), at), at)
    )


def _tokens(at: datetime) -> QuerySet[SingleUseToken]:
    refused = [Account.State.REJECTED, Account.State.SUSPENDED]
    due = SingleUseToken.objects.filter(
        purpose=Purpose.ACTIVATION,
        user__state=User.State.PENDING,
        made_at__lte=at - AFTER,
        expires_at__gt=at,
        reminded_at=None,
    )
    return due.exclude(_CLOSED).exclude(user__email="").exclude(user__account__state__in=refused)


def _open(rows: QuerySet[Asked], at: datetime) -> QuerySet[Asked]:
    due = rows.filter(
        accepted_at=None, sent_at__lte=at - AFTER, expires_at__gt=at, reminded_at=None
    )
    return due.exclude(_CLOSED)


def _remind_all(due: QuerySet[Asked], at: datetime) -> int:
    rows = due.select_related("tenant").order_by("pk")[:BATCH]
    return sum(_remind_invited(row, due, at) for row in rows)


@transaction.atomic
def _remind_user(token: SingleUseToken, at: datetime) -> bool:
    lock(token.user)
    if not _tokens(at).filter(pk=token.pk).exists():  # they were faster
        return False
    write_link(token.user, Purpose.ACTIVATION, reminder=True)
    SingleUseToken.objects.filter(pk=token.pk).update(reminded_at=at)
    events.append(token.tenant, "user.activation_sent", token.user.pk, by=SYSTEM)
    return True


@transaction.atomic
def _remind_invited(row: Asked, due: QuerySet[Asked], at: datetime) -> bool:
    lock(row)
    if not due.filter(pk=row.pk).exists():
        return False
    send_again(row, reminder=True)
    row.reminded_at = at
    row.save(update_fields=["reminded_at", "updated_at"])
    events.append(row.tenant, f"{kind_of(row)}.sent", row.pk, by=SYSTEM)
    return True
