"""Who is on a plan: accounts, subscriptions, or applications, searched and sorted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import Expression
from django.db.models.functions import Lower
from django.http import HttpRequest

from tollway.portal.accounts.selectors import accounts_of
from tollway.portal.applications.models import Application
from tollway.portal.console.sight import sight_of
from tollway.portal.plans.models import AccountPlan, ServicePlan
from tollway.portal.plans.selectors import subscriptions_of
from tollway.portal.plans.services.log import AnyPlan
from tollway.portal.web.listing import listed


def users(request: HttpRequest, plan: AnyPlan) -> dict[str, Any]:
    """Return the list as ``listing``; None to whom accounts are not for."""
    if not sight_of(request).audience:
        return {"listing": None}
    rows, name = users_of(plan)
    sorts: Mapping[str, str | Expression] = {"name": Lower(name), "created": "created_at"}
    owner = "org_name" if isinstance(plan, AccountPlan) else "account__org_name"
    listing = listed(
        request,
        rows,
        sorts=sorts,
        default="-created",
        search=lambda found, text: found.filter(
            Q(**{f"{name}__icontains": text}) | Q(**{f"{owner}__icontains": text})
        ),
    )
    return {"listing": listing}


def users_of(plan: AnyPlan) -> tuple[QuerySet[Any], str]:
    """Return who is on the plan, and the column of their names."""
    if isinstance(plan, AccountPlan):
        return accounts_of(plan.tenant).filter(contract__plan=plan), "org_name"
    if isinstance(plan, ServicePlan):
        return subscriptions_of(plan.tenant).filter(plan=plan), "account__org_name"
    applications = Application.objects.filter(
        Q(plan=plan) | Q(plan__parent=plan), tenant=plan.tenant
    )
    return applications.select_related("account", "plan__parent"), "name"
