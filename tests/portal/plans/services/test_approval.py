"""Whether accounts wait is written to the default account plan, or refused without one."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.plans.models import AccountPlan
from tollway.portal.plans.selectors import default_account_plan_of
from tollway.portal.plans.services.approval import APPROVAL, require_approval

pytestmark = pytest.mark.django_db


def test_approval_is_the_default_plans(acme: Provider) -> None:
    require_approval(acme.tenant, by=BY, required=True)
    plan = default_account_plan_of(acme.tenant)
    assert plan is not None
    assert plan.approval_required
    AccountPlan.objects.filter(tenant=acme.tenant).update(is_default=False)
    require_approval(acme.tenant, by=BY, required=False)
    with pytest.raises(ValidationError) as refused:
        require_approval(acme.tenant, by=BY, required=True)
    assert refused.value.message_dict == {APPROVAL: ["needs a default account plan"]}
