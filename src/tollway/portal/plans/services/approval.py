"""Whether new accounts wait for approval, which the default account plan says."""

from __future__ import annotations

from django.db import transaction

from tollway.portal.events.actors import Actor
from tollway.portal.fields import refuse
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.plans.services.plans import update_plan
from tollway.portal.tenants.models import Tenant

APPROVAL = "account_approval_required"


@transaction.atomic
def require_approval(tenant: Tenant, *, by: Actor, required: bool) -> None:
    """Let new accounts wait, or not. Raises ``ValidationError`` without a default account plan."""
    plan = default_account_plan_of(tenant)
    if plan is not None:
        update_plan(plan, by=by, approval_required=required)
    elif required:
        raise refuse(APPROVAL, "needs a default account plan")
