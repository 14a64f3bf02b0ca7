"""Which plan an application is on: another one of its product, or one of its own."""

from __future__ import annotations

from django.db import transaction

from tollway.portal.applications.models import Application
from tollway.portal.applications.services.applications import expect_standard
from tollway.portal.applications.services.log import append
from tollway.portal.events.actors import Actor
from tollway.portal.fields import lock, refuse
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import drop_custom_plans, make_custom_plan


@transaction.atomic
def change_plan(application: Application, plan: ApplicationPlan, *, by: Actor) -> None:
    """Put the application on another plan of its product, at once. Its counters stay.

    A plan that was customised for it is dropped.
    """
    lock(application)
    if plan.product_id != application.product_id:
        raise refuse("plan_id", "must belong to the application's product")
    if plan.pk != application.plan_id:
        expect_standard(plan)
        _put(application, plan, "plan_changed", by=by)


@transaction.atomic
def customize_plan(application: Application, *, by: Actor) -> ApplicationPlan:
    """Give the application a plan of its own, which sets what its plan sets until it is changed.

    An application that has one keeps it.
    """
    lock(application)
    if not application.plan.is_custom:
        _put(application, make_custom_plan(application.plan), "plan_customized", by=by)
    return application.plan


@transaction.atomic
def decustomize_plan(application: Application, *, by: Actor) -> ApplicationPlan:
    """Put the application back on the plan that its own was made of; return that.

    An application without a plan of its own stays as it is.
    """
    lock(application)
    if (parent := application.plan.parent) is not None:
        _put(application, parent, "plan_decustomized", by=by)
    return application.plan


def _put(application: Application, plan: ApplicationPlan, what: str, *, by: Actor) -> None:
    before, after = {"plan_id": application.plan_id}, {"plan_id": plan.pk}
    application.plan = plan
    application.save(update_fields=["plan", "updated_at"])
    drop_custom_plans([before["plan_id"]])
    append(application, what, by=by, before=before, after=after)
