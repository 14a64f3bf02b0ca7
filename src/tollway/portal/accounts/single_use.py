"""Tokens for links that work once: made, looked up, spent; and the letters that carry them.

No events here: the services that call these append the ones that say what was asked for. A sign-up
calls ``write_activation`` in its own transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.utils.crypto import constant_time_compare
from msgspec import Struct

from tollway import clock
from tollway.portal.accounts.models import SingleUseToken, User
from tollway.portal.fields import BLANK, digest, refuse
from tollway.portal.mail.letters import Value
from tollway.portal.mail.models import Audience, Mail
from tollway.portal.mail.services import To, queue
from tollway.portal.tenants.hosts import admin_url, developer_url
from tollway.portal.tenants.models import Tenant

Purpose = SingleUseToken.Purpose

_BYTES = 32


class Link(Struct, frozen=True):
    """How long a token works, which letter carries it, and where it leads, by audience."""

    lasts: timedelta
    template: str
    paths: Mapping[Audience, str]


# The pages that take a token as the last part of their path (feature map: MT6, S99, US9, DP8).
LINKS: Mapping[str, Link] = {
    Purpose.ACTIVATION: Link(
        timedelta(days=7),
        "activation",
        {Audience.ADMIN: "/p/activate/", Audience.DEVELOPER: "/activate/"},
    ),
    Purpose.PASSWORD_RESET: Link(
        timedelta(hours=24),
        "password_reset",
        {Audience.ADMIN: "/p/password/", Audience.DEVELOPER: "/password/"},
    ),
}


def audience_of(user: User) -> Audience:
    return Audience.ADMIN if user.account_id is None else Audience.DEVELOPER


def write_activation(user: User) -> Mail:
    """Write to a pending user for them to confirm their address. Refused without one."""
    return write_link(user, Purpose.ACTIVATION)


def write_link(user: User, purpose: Purpose, *, reminder: bool = False) -> Mail:
    """Make a token, which ends the one before, and the letter that carries it; return that."""
    if not user.email:
        raise refuse("email", BLANK)
    link, audience, value = LINKS[purpose], audience_of(user), secrets.token_urlsafe(_BYTES)
    at = clock.utc_now()
    expires_at = at + link.lasts
    token, _ = SingleUseToken.objects.update_or_create(
        tenant=user.tenant,
        user=user,
        purpose=purpose,
        defaults={
            "digest": _digest(value),
            "bound_to": _bound_to(user, purpose),
            "made_at": at,
            "expires_at": expires_at,
        },
    )
    url = admin_url if audience is Audience.ADMIN else developer_url
    values: dict[str, Value] = {
        "username": user.username,
        "url": url(user.tenant, link.paths[audience] + value),
        "days": link.lasts.days,
        "hours": link.lasts // timedelta(hours=1),
        "reminder": reminder,
    }
    to = To(user.email, audience)
    key = f"{purpose} {user.pk} {token.digest}"
    return queue(user.tenant, link.template, to, values, key=key, until=expires_at)


def token_by_value(
    tenant: Tenant, audience: Audience, purpose: Purpose, value: str
) -> SingleUseToken | None:
    """Find a token that works now, with its user; on the side of the tenant where it was made."""
    found = SingleUseToken.objects.filter(
        tenant=tenant,
        purpose=purpose,
        digest=_digest(value),
        expires_at__gt=clock.utc_now(),
        user__account__isnull=audience is Audience.ADMIN,
        user__state=_OPENS[purpose],
    )
    token = found.select_related("user__tenant__settings", "user__account").first()
    if token is None or tenant.is_closed:
        return None
    return token if constant_time_compare(token.bound_to, _bound_to(token.user, purpose)) else None


def spend(token: SingleUseToken) -> bool:
    """Take the token away; say whether it was there. Of many at once, one spends it."""
    count, _ = SingleUseToken.objects.filter(pk=token.pk, digest=token.digest).delete()
    return bool(count)


# The state in which a user may do it.
_OPENS = {
    Purpose.ACTIVATION: User.State.PENDING,
    Purpose.PASSWORD_RESET: User.State.ACTIVE,
}


def _digest(value: str) -> str:
    return digest("single_use_token", value)


def _bound_to(user: User, purpose: str) -> str:
    """Bind a token to the address it was sent to; one for a password, also to the old password."""
    password = user.password if purpose == Purpose.PASSWORD_RESET else ""
    return digest("single_use_bound", purpose, user.email.lower(), password)
