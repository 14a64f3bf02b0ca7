"""Which plans a link to the sign-up asks for.

3scale's links name them all alike, `plan_ids[]=7`; ours may say of which kind each is, as the
Account Management API does: `application_plan_id`, `service_plan_id`, `account_plan_id`. Only
published plans are taken, one of each kind. Ids are counted for each kind, so a plain `7` is looked
for among application plans first, then service plans, then account plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from msgspec import Struct

from tollway.portal.applications.services import ChosenPlans
from tollway.portal.developer.offers import offered_plans_of
from tollway.portal.plans.models import Plan
from tollway.portal.plans.selectors import account_plans_of, service_plans_of
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
    plans = _published(site_of(request).tenant)
    found: dict[str, Any] = {}
    unknown = False
    for kinds, text in _asked(sent):
        match = next(
            (
                (kind, plan)
                for kind in kinds
                if kind not in found
                and (plan := plans[kind].filter(pk=chosen_id(text)).first()) is not None
            ),
            None,
        )
        if match is None:
            unknown = True
        else:
            found[match[0]] = match[1]
    fields = tuple((f"{kind}_plan_id", str(plan.pk)) for kind, plan in found.items())
    return Wish(ChosenPlans(**found), fields, unknown)


def _published(tenant: Tenant) -> dict[str, QuerySet[Any]]:
    published = {"state": Plan.State.PUBLISHED}
    return {
        "application": offered_plans_of(tenant),
        "service": service_plans_of(tenant).filter(**published),
        "account": account_plans_of(tenant).filter(**published),
    }


def _asked(sent: QueryDict) -> Iterator[tuple[tuple[str, ...], str]]:
    for kind in _KINDS:
        if text := sent.get(f"{kind}_plan_id", ""):
            yield (kind,), text
    for name in _ANY:
        for text in sent.getlist(name)[:_NAMES_MAX]:
            yield _KINDS, text
