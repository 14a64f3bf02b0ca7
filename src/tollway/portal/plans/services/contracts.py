"""Putting accounts on account plans, and subscribing them to products."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tollway import clock
from tollway.portal.accounts.models import Account
from tollway.portal.catalog.models import Product
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.fields import BASE, Move, Moved, lock, move, refuse
from tollway.portal.plans import selectors
from tollway.portal.plans.models import (
    AccountContract,
    AccountPlan,
    ServicePlan,
    ServiceSubscription,
)

_PENDING, _LIVE, _SUSPENDED = ServiceSubscription.State.values
SUBSCRIPTION_MOVES = {
    "accept": Move(frozenset({_PENDING}), _LIVE, "accepted"),
    "suspend": Move(frozenset({_LIVE}), _SUSPENDED, "suspended"),
    "resume": Move(frozenset({_SUSPENDED}), _LIVE, "resumed"),
}


def make_account_contract(account: Account, plan: AccountPlan) -> AccountContract:
    """Put a new account on a plan, without an event."""
    _expect_same_tenant(account, plan)
    return AccountContract.objects.create(tenant=account.tenant, account=account, plan=plan)


@transaction.atomic
def change_account_plan(account: Account, plan: AccountPlan, *, by: Actor) -> None:
    """Put the account on another plan of its tenant, at once; its state stays."""
    lock(account)
    _expect_same_tenant(account, plan)
    contract = selectors.contract_of(account.tenant, account)
    old = contract.plan_id if contract else None
    if old == plan.pk:
        return
    if contract is None:
        make_account_contract(account, plan)
    else:
        contract.plan = plan
        contract.save(update_fields=["plan", "updated_at"])
    before, after = {"account_plan_id": old}, {"account_plan_id": plan.pk}
    kind = "account.plan_changed"
    events.append(account.tenant, kind, account.pk, by=by, before=before, after=after)


@transaction.atomic
def subscribe(account: Account, plan: ServicePlan, *, by: Actor) -> ServiceSubscription:
    """Subscribe to the plan's product, once: live, or pending if the plan asks for approval."""
    lock(account)
    if _of(account, plan.product).exists():
        raise refuse("plan_id", "is of a service that the account subscribes to already")
    subscription = make_subscription(account, plan)
    after = {**described(subscription), "state": subscription.state}
    kind = "service_subscription.created"
    events.append(subscription.tenant, kind, subscription.pk, by=by, after=after)
    return subscription


def make_subscription(account: Account, plan: ServicePlan) -> ServiceSubscription:
    """Save a subscription, without an event."""
    _expect_same_tenant(account, plan)
    subscription = ServiceSubscription(
        tenant=account.tenant, account=account, product=plan.product, plan=plan
    )
    if plan.approval_required:
        subscription.state = _PENDING
    else:
        subscription.accepted_at = clock.utc_now()
    subscription.save()
    return subscription


def subscribed(account: Account, product: Product) -> ServiceSubscription:
    """Return the account's subscription to a product, without an event.

    If there is none, one on the product's default service plan is made. Refused where there is no
    such plan: somebody has to choose.
    """
    found = _of(account, product).first()
    if found is None:
        lock(account)
        found = _of(account, product).first()
    if found is not None:
        return found
    plans = selectors.default_service_plans_of(account.tenant)
    plan = plans.filter(product=product).first()
    if plan is None:
        raise refuse(BASE, "You cannot subscribe to that service.")
    return make_subscription(account, plan)


def move_subscription(subscription: ServiceSubscription, event: str) -> Moved:
    """Do one of ``SUBSCRIPTION_MOVES``, without an event."""
    moved = move(subscription, event, SUBSCRIPTION_MOVES)
    if event == "accept":
        subscription.accepted_at = clock.utc_now()
        subscription.save(update_fields=["accepted_at"])
    return moved


@transaction.atomic
def change_service_plan(subscription: ServiceSubscription, plan: ServicePlan, *, by: Actor) -> None:
    """Put the subscription on another service plan of its product, at once."""
    lock(subscription)
    if plan.product_id != subscription.product_id:
        raise refuse("plan_id", "must belong to the subscription's service")
    old = subscription.plan_id
    if plan.pk == old:
        return
    subscription.plan = plan
    subscription.save(update_fields=["plan", "updated_at"])
    before, after = {"plan_id": old}, described(subscription)
    kind = "service_subscription.plan_changed"
    events.append(subscription.tenant, kind, subscription.pk, by=by, before=before, after=after)


def _expect_same_tenant(account: Account, plan: AccountPlan | ServicePlan) -> None:
    if plan.tenant_id != account.tenant_id:
        raise refuse("plan_id", "must be of the same tenant as the account")


def _of(account: Account, product: Product) -> QuerySet[ServiceSubscription]:
    return selectors.subscriptions_of(account.tenant, account).filter(product=product)


def described(subscription: ServiceSubscription) -> dict[str, Any]:
    """Return what an event says of a subscription."""
    names = ("account_id", "product_id", "plan_id")
    return {name: getattr(subscription, name) for name in names}
