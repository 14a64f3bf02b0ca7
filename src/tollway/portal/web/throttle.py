"""How often somebody may send a form that is open to everybody, or writes mail to others.

Each form has a rule: so many tries within its window for one name from one address, and for one
address whatever the names. Nobody else's tries count against you, so an account cannot be locked
from outside. A try is recorded before anything is looked at: many at once are no way around.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac
from msgspec import Struct

from tollway.portal.fields import lock
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.models import FormTry


class Rule(Struct, frozen=True):
    """``per_name`` is for one name from one address, ``per_address`` for all names from it."""

    form: str
    window: timedelta
    per_name: int
    per_address: int


QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
SIGN_IN = Rule("sign-in", QUARTER, 5, 40)
SIGN_UP = Rule("sign-up", HOUR, 5, 20)  # each makes an organisation
LETTER = Rule("letter", QUARTER, 5, 20)  # each may send a mail
MAKING = Rule("making", HOUR, 30, 120)  # each writes to the provider's admins
ACCESS_CODE = Rule("access-code", QUARTER, 10, 40)  # of a developer portal
PASSWORD = Rule("password", QUARTER, 5, 40)  # asked for again while signed in


class Attempt(Struct, frozen=True):
    """``wait_s`` is 0, or the seconds after which the next try is looked at."""

    tenant: Tenant
    rule: Rule
    who: str
    address: str
    wait_s: int

    @property
    def refusal(self) -> str:
        """Say how long to wait, "" if there is no need to."""
        minutes = -(-self.wait_s // 60)
        plural = "s" if minutes > 1 else ""
        return f"Too many tries. Wait {minutes} minute{plural}, then try again." if minutes else ""


@transaction.atomic
def begin(tenant: Tenant, name: str, address: str, *, at: int, rule: Rule = SIGN_IN) -> Attempt:
    """Record a try, unless there were too many; ``at`` in seconds since the epoch."""
    lock(tenant)  # many at once take turns
    now = datetime.fromtimestamp(at, UTC)
    who = salted_hmac(f"tollway.{rule.form}", name.strip().lower()).hexdigest()
    FormTry.objects.filter(form=rule.form, at__lte=now - rule.window).delete()
    tries = FormTry.objects.filter(tenant=tenant, form=rule.form, address=address).order_by("-at")
    oldest = [
        times[limit - 1]
        for times, limit in (
            (list(tries.filter(who=who).values_list("at", flat=True)), rule.per_name),
            (list(tries.values_list("at", flat=True)[: rule.per_address]), rule.per_address),
        )
        if len(times) >= limit
    ]
    if oldest:
        wait_s = max(1, int((max(oldest) + rule.window - now).total_seconds()))
        return Attempt(tenant, rule, who, address, wait_s)
    FormTry.objects.create(tenant=tenant, form=rule.form, who=who, address=address, at=now)
    return Attempt(tenant, rule, who, address, 0)


def succeed(attempt: Attempt) -> None:
    """Forget the tries of somebody who got in."""
    FormTry.objects.filter(
        tenant=attempt.tenant, form=attempt.rule.form, who=attempt.who, address=attempt.address
    ).delete()
