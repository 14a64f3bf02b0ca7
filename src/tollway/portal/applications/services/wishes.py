"""What developers ask their provider for: another plan for an application."""

from __future__ import annotations

from django.db import transaction

from tollway.portal.applications.models import Application
from tollway.portal.applications.services.applications import expect_standard
from tollway.portal.applications.services.log import identity
from tollway.portal.events.actors import Actor
from tollway.portal.events.models import Event
from tollway.portal.fields import lock, refuse
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import ask, wish_for


@transaction.atomic
def request_plan(application: Application, plan: ApplicationPlan, *, by: Actor) -> bool:
    """Ask for another plan of the application's product; the log tells the provider.

    False as for ``ask``: the same wish is open already.
    """
    lock(application)
    if plan.product_id != application.product_id:
        raise refuse("plan_id", "must belong to the application's product")
    if plan.pk == application.plan_id:
        raise refuse("plan_id", "is the application's plan already")
    expect_standard(plan)
    about = identity(application)
    return ask("application.plan_requested", application, plan, by=by, about=about)


def wish_for_plan(application: Application) -> Event | None:
    """Return the last wish for a plan that no change of plan has come after."""
    return wish_for("application", application)
