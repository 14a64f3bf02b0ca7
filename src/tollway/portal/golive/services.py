"""Writing down what has been reached, and closing the list of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from tollway import clock
from tollway.portal.accounts.models import User
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.golive import selectors
from tollway.portal.golive.facts import Way, news
from tollway.portal.golive.models import Closed, Milestone, Reached
from tollway.portal.tenants.models import Tenant


def note(tenant: Tenant) -> frozenset[Milestone]:
    """Look for milestones reached since the last time; return all that have ever been.

    Costs a handful of queries, however many are open, and writes only when one was reached.
    """
    reached = selectors.reached_by(tenant)
    found = news(Way(tenant, clock.now(), reached))
    if found:
        reach(tenant, found, by=SYSTEM)
    return reached | found


@transaction.atomic
def reach(tenant: Tenant, milestones: Iterable[Milestone], *, by: Actor) -> None:
    """Write milestones down. One that was reached before stays as it is, without an event."""
    at = clock.utc_now()
    new = [
        each.value
        for each in milestones
        if Reached.objects.get_or_create(tenant=tenant, milestone=each, defaults={"at": at})[1]
    ]
    if new:
        events.append(tenant, "golive.reached", tenant.pk, by=by, after={"milestones": sorted(new)})


@transaction.atomic
def close(user: User, *, by: Actor) -> None:
    """Take the list off the user's dashboard, until it is opened again."""
    _, made = Closed.objects.get_or_create(user=user)
    if made:
        events.append(user.tenant, "golive.closed", user.pk, by=by)


@transaction.atomic
def reopen(user: User, *, by: Actor) -> None:
    """Put the list back on the user's dashboard."""
    deleted, _ = Closed.objects.filter(user=user).delete()
    if deleted:
        events.append(user.tenant, "golive.reopened", user.pk, by=by)
