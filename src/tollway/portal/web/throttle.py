"""How often somebody may try to sign in.

Five tries in a quarter of an hour for one name from one address, and forty for one address whatever
the names. Nobody else's tries count against you, so an account cannot be locked from outside. A try
is recorded before the password is looked at: many at once are no way around.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac
from msgspec import Struct

from tollway.portal.tenants.models import Tenant
from tollway.portal.web.models import SignInTry

WINDOW = timedelta(minutes=15)
TRIES_PER_NAME = 5
TRIES_PER_ADDRESS = 40


class Attempt(Struct, frozen=True):
    """``wait_s`` is 0, or the seconds after which the next try is looked at."""

    tenant: Tenant
    who: str
    address: str
    wait_s: int


@transaction.atomic
def begin(tenant: Tenant, username: str, address: str, *, at: int) -> Attempt:
    """Record a try, unless there were too many; ``at`` in seconds since the epoch."""
    now = datetime.fromtimestamp(at, UTC)
    who = salted_hmac("tollway.sign-in", username.strip().lower()).hexdigest()
    SignInTry.objects.filter(at__lte=now - WINDOW).delete()
    tries = SignInTry.objects.filter(tenant=tenant, address=address).order_by("-at")
    oldest = [
        times[limit - 1]
        for times, limit in (
            (list(tries.filter(who=who).values_list("at", flat=True)), TRIES_PER_NAME),
            (list(tries.values_list("at", flat=True)[:TRIES_PER_ADDRESS]), TRIES_PER_ADDRESS),
        )
        if len(times) >= limit
    ]
    if oldest:
        wait_s = max(1, int((max(oldest) + WINDOW - now).total_seconds()))
        return Attempt(tenant, who, address, wait_s)
    SignInTry.objects.create(tenant=tenant, who=who, address=address, at=now)
    return Attempt(tenant, who, address, 0)


def succeed(attempt: Attempt) -> None:
    """Forget the tries of somebody who got in."""
    SignInTry.objects.filter(
        tenant=attempt.tenant, who=attempt.who, address=attempt.address
    ).delete()
