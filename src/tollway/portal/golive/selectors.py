"""Reading how far a tenant has come."""

from __future__ import annotations

from tollway.portal.accounts.models import User
from tollway.portal.golive.models import Closed, Milestone, Reached
from tollway.portal.tenants.models import Tenant


def reached_by(tenant: Tenant) -> frozenset[Milestone]:
    """Return what has been written down so far; ``services.note`` looks for more."""
    names = Reached.objects.filter(tenant=tenant).values_list("milestone", flat=True)
    return frozenset(Milestone(name) for name in names)


def is_closed_for(user: User) -> bool:
    return Closed.objects.filter(user=user).exists()
