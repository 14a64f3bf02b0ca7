"""A subscription's state, with what hangs on it: its account's applications of the product."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tollway.portal.applications.models import Application
from tollway.portal.applications.selectors import applications_of
from tollway.portal.applications.services.log import identity
from tollway.portal.events import services as events
from tollway.portal.events.actors import Actor
from tollway.portal.plans.models import ServiceSubscription
from tollway.portal.plans.services import move_subscription
from tollway.portal.plans.services.contracts import described


@transaction.atomic
def change_subscription_state(subscription: ServiceSubscription, event: str, *, by: Actor) -> None:
    """Do one of ``SUBSCRIPTION_MOVES``. Applications can be made while it is live.

    Of those that wait, an approval takes along whose own plans ask for none.
    """
    moved = move_subscription(subscription, event)
    after: dict[str, Any] = {**moved.after, **described(subscription)}
    if event == "accept":
        after["applications"] = [identity(each) for each in _let_go(subscription)]
    tenant, kind = subscription.tenant, f"service_subscription.{moved.done}"
    events.append(tenant, kind, subscription.pk, by=by, before=moved.before, after=after)


def _let_go(subscription: ServiceSubscription) -> list[Application]:
    waiting = applications_of(subscription.tenant, subscription.account).filter(
        product=subscription.product_id, state=Application.State.PENDING
    )
    begun = [each for each in waiting if not each.plan.terms.approval_required]
    for application in begun:
        application.state = Application.State.LIVE
        application.save(update_fields=["state", "updated_at"])
    return begun
