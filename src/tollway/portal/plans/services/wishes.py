"""What developers ask their provider for: another plan. Asking changes nothing but the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from tollway import clock
from tollway.portal.accounts.models import Account
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.events.selectors import events_of
from tollway.portal.fields import BASE, lock, refuse
from tollway.portal.plans.models import AccountPlan, Plan, ServicePlan, ServiceSubscription
from tollway.portal.plans.selectors import contract_of
from tollway.portal.plans.services.contracts import described
from tollway.portal.tenants.models import TenantOwned

# The provider is not written to again about the same wish before that.
AGAIN_AFTER = timedelta(days=1)
# Wishes for another plan are other wishes: of one row there are no more than these in that time.
WISHES_MAX = 10


@transaction.atomic
def request_service_plan(
    subscription: ServiceSubscription, plan: ServicePlan, *, by: Actor
) -> bool:
    """Ask for another plan of the product; the log tells the provider. False as for ``ask``."""
    lock(subscription)
    if plan.product_id != subscription.product_id:
        raise refuse("plan_id", "must belong to the subscription's service")
    if plan.pk == subscription.plan_id:
        raise refuse("plan_id", "is the subscription's plan already")
    kind = "service_subscription.plan_requested"
    return ask(kind, subscription, plan, by=by, about=described(subscription))


@transaction.atomic
def request_account_plan(account: Account, plan: AccountPlan, *, by: Actor) -> bool:
    """Ask for another plan for the account; the log tells the provider. False as for ``ask``."""
    lock(account)
    if plan.tenant_id != account.tenant_id:
        raise refuse("plan_id", "must be of the same tenant as the account")
    contract = contract_of(account.tenant, account)
    if contract is not None and contract.plan_id == plan.pk:
        raise refuse("plan_id", "is the account's plan already")
    return ask("account.plan_requested", account, plan, by=by, about={})


def ask(kind: str, row: TenantOwned, plan: Plan, *, by: Actor, about: Mapping[str, Any]) -> bool:
    """Append a wish for ``plan``. ``kind``: the event's; ``about``: what else it says of the row.

    False, and nothing is done, for a wish that is open already and younger than ``AGAIN_AFTER``.
    Refused where there were ``WISHES_MAX`` in that time: each is a mail to all who are told.
    """
    object_kind, since = kind.partition(".")[0], clock.utc_now() - AGAIN_AFTER
    last = wish_for(object_kind, row)
    if last is not None and last.after["plan_id"] == plan.pk and last.at > since:
        return False
    log = events_of(row.tenant).filter(object_kind=object_kind, object_id=str(row.pk))
    if log.filter(kind=kind, at__gt=since).count() >= WISHES_MAX:
        raise refuse(BASE, "You have asked for other plans often today. Wait for an answer")
    after = {**about, "plan_id": plan.pk, "plan": plan.terms.name}
    events.append(row.tenant, kind, row.pk, by=by, after=after)
    return True


def wish_for(kind: str, row: TenantOwned) -> Event | None:
    """Return the last wish for a plan that no change of plan has come after.

    ``kind``: what events call the row, "service_subscription".
    """
    asked = f"{kind}.plan_requested"
    log = events_of(row.tenant).filter(object_kind=kind, object_id=str(row.pk))
    last = log.filter(kind__in=(asked, f"{kind}.plan_changed")).last()
    return last if last is not None and last.kind == asked else None
