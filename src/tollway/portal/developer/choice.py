"""Which plans a link to the sign-up asks for.

3scale's links name them all alike, `plan_ids[]=7`, for there an id is one plan's. Here ids are
counted for each kind. So a plain `7` means the application plan 7 or, where the organisation has
none, its service plan or else its account plan 7. What it means does not depend on what is
published, nor on what else the link asks for: it never becomes a plan of another kind. Links may
say of which kind each is, as the Account Management API does: `application_plan_id`,
`service_plan_id`, `account_plan_id`. Only published plans are taken, one of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from msgspec import Struct

from tollway.portal.applications.services import ChosenPlans
from tollway.portal.developer.offers import offered_plans_of, offered_service_plans_of
from tollway.portal.plans.models import Plan
from tollway.portal.plans.selectors import (
    account_plans_of,
    application_plans_of,
    service_plans_of,
)
from tollway.portal.tenants.models import Tenant
from tollway.portal.web.forms import chosen_id
from tollway.portal.web.site import site_of

_ANY = ("plan_ids[]", "plan_ids")
_KINDS = ("application", "service", "account")
_NAMES_MAX = 10


class Wish(Struct, frozen=True):
    """``fields`` say the same again, for the form; ``unknown`` whether something is not offered."""

    chosen: ChosenPlans
    fields: tuple[tuple[str, str], ...]
    unknown: bool


def wish_of(request: HttpRequest) -> Wish:
    """Read what the address, or the form that it led to, asks for."""
    sent = request.POST if request.method == "POST" else request.GET
    tenant = site_of(request).tenant
    offered = _offered(tenant)
    found: dict[str, Any] = {}
    unknown = False
    for kind, pk in _asked(tenant, sent):
        plan = offered[kind].filter(pk=pk).first() if kind and kind not in found else None
        if plan is None:
            unknown = True
        else:
            found[kind] = plan
    fields = tuple((f"{kind}_plan_id", str(plan.pk)) for kind, plan in found.items())
    return Wish(ChosenPlans(**found), fields, unknown)


def _offered(tenant: Tenant) -> dict[str, QuerySet[Any]]:
    return {
        "application": offered_plans_of(tenant),
        "service": offered_service_plans_of(tenant),
        "account": account_plans_of(tenant).filter(state=Plan.State.PUBLISHED),
    }


def _asked(tenant: Tenant, sent: QueryDict) -> Iterator[tuple[str, int]]:
    """Return kinds and ids; the kind is "" where there is no such plan."""
    for kind in _KINDS:
        if text := sent.get(f"{kind}_plan_id", ""):
            yield kind, chosen_id(text)
    for name in _ANY:
        for text in sent.getlist(name)[:_NAMES_MAX]:
            pk = chosen_id(text)
            yield _kind_of(tenant, pk), pk


def _kind_of(tenant: Tenant, pk: int) -> str:
    plans: dict[str, QuerySet[Any]] = {
        "application": application_plans_of(tenant),
        "service": service_plans_of(tenant),
        "account": account_plans_of(tenant),
    }
    return next((kind for kind in _KINDS if plans[kind].filter(pk=pk).exists()), "")
