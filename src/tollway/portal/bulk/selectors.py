"""Reading bulk runs: those of a tenant, and the one whose turn it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from tollway.portal.accounts.models import User
from tollway.portal.bulk.models import Change, Fault, Run
from tollway.portal.bulk.subjects import Subject
from tollway.portal.plans.selectors import (
    account_plans_of,
    application_plans_of,
    service_plans_of,
)
from tollway.portal.tenants.models import Tenant


def runs_of(tenant: Tenant, user: User) -> QuerySet[Run]:
    """Return the runs that a user may see, newest first: an admin all, a member their own."""
    runs = Run.objects.filter(tenant=tenant).select_related("user").order_by("-id")
    return runs if user.is_admin else runs.filter(user=user)


def faults_of(tenant: Tenant, run: Run) -> QuerySet[Fault]:
    return Fault.objects.filter(tenant=tenant, run=run).order_by("id")


def changes_of(tenant: Tenant, run: Run) -> QuerySet[Change]:
    return Change.objects.filter(tenant=tenant, run=run).order_by("object_id")


def plans_for(
    tenant: Tenant, subject: Subject, products: frozenset[int] | None
) -> QuerySet[Any, Any]:
    """Return the plans that rows of a subject may be put on: of these products, None for all."""
    if subject is Subject.ACCOUNTS:
        return account_plans_of(tenant)
    find = application_plans_of if subject is Subject.APPLICATIONS else service_plans_of
    return find(tenant) if products is None else find(tenant).filter(product__in=products)


def next_run() -> Run | None:
    """Return the run whose last batch is longest ago, of all tenants, locked; None if none waits.

    One that another worker is at is passed over.
    """
    running = Run.objects.filter(state=Run.State.RUNNING).order_by("updated_at", "id")
    return running.select_for_update(skip_locked=True, no_key=True).first()


def lag() -> tuple[int, datetime | None]:
    """Return how many runs are not done, and when the last batch of the most patient one was."""
    running = Run.objects.filter(state=Run.State.RUNNING)
    found = running.aggregate(count=Count("id"), since=Min("updated_at"))
    return found["count"], found["since"]
