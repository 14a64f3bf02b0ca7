"""Support's visits to the developers' side: who is in them, and whether they go on."""

from __future__ import annotations

from django.db.models import QuerySet

from tollway import clock
from tollway.portal.accounts.models import Account, SupportVisit, User
from tollway.portal.events.actors import Actor
from tollway.portal.tenants.models import Tenant


def visit_by_id(tenant: Tenant, pk: int) -> SupportVisit | None:
    """Find a visit that goes on: begun, not ended, and its admin may still do it."""
    visit = visits_of(tenant).filter(pk=pk, begun_at__isnull=False).first()
    return visit if visit is not None and is_open(visit) else None


def represented_by(account: Account) -> User | None:
    """Return whom support acts as."""
    active = account.users.filter(state=User.State.ACTIVE).order_by("id")
    return active.filter(role=User.Role.ADMIN).first() or active.first()


def acting(visit: SupportVisit, request_id: str) -> Actor:
    """Return who changes something during a visit, for the event log."""
    return Actor("user", str(visit.admin_id), str(visit.developer_id), request_id)


def visits_of(tenant: Tenant) -> QuerySet[SupportVisit]:
    """Return the visits that nobody has ended, with who is in them."""
    return SupportVisit.objects.filter(tenant=tenant, ended_at__isnull=True).select_related(
        "admin", "developer__account", "developer__tenant__settings"
    )


def is_open(visit: SupportVisit) -> bool:
    """Say whether time is left, and both could still sign in, each on their side."""
    admin, developer = visit.admin, visit.developer
    return (
        visit.ends_at > clock.utc_now()
        and admin.state == User.State.ACTIVE
        and may_act(admin)
        and developer.state == User.State.ACTIVE
        and developer.account is not None
        and developer.account.state == Account.State.APPROVED
    )


def may_act(admin: User) -> bool:
    """Say whether somebody of the admin portal is let into accounts."""
    return admin.permitted(User.Section.PARTNERS)
