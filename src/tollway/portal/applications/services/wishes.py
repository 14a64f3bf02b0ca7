"""What developers ask their provider for: another plan for an application."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from tollway import clock
from tollway.portal.applications.models import Application
from tollway.portal.applications.services.applications import expect_standard
from tollway.portal.applications.services.log import append
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.events.selectors import events_of
from tollway.portal.fields import lock, refuse
from tollway.portal.plans.models import ApplicationPlan

_ASKED = "application.plan_requested"
_SETTLING = (_ASKED, "application.plan_changed")
# The provider is not written to again about the same wish before that.
AGAIN_AFTER = timedelta(days=1)


@transaction.atomic
def request_plan(application: Application, plan: ApplicationPlan, *, by: Actor) -> bool:
    """Ask for another plan of the application's product; the log tells the provider.

    False, and nothing is done, for a wish that is open already and younger than ``AGAIN_AFTER``.
    """
    lock(application)
    if plan.product_id != application.product_id:
        raise refuse("plan_id", "must belong to the application's product")
    if plan.pk == application.plan_id:
        raise refuse("plan_id", "is the application's plan already")
    expect_standard(plan)
    last = wish_for_plan(application)
    is_again = last is not None and last.after["plan_id"] == plan.pk
    if last is not None and is_again and last.at > clock.utc_now() - AGAIN_AFTER:
        return False
    after = {"plan_id": plan.pk, "plan": plan.name}
    append(application, "plan_requested", by=by, after=after)
    return True


def wish_for_plan(application: Application) -> Event | None:
    """Return the last wish for a plan that no change of plan has come after."""
    log = events_of(application.tenant).filter(
        object_kind="application", object_id=str(application.pk), kind__in=_SETTLING
    )
    last = log.last()
    return last if last is not None and last.kind == _ASKED else None
