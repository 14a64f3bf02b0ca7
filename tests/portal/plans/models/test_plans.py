"""What the database holds of plans, whoever writes to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.people import BY, Provider
from tollway.portal.applications.services import customize_plan
from tollway.portal.plans.models.plans import AccountPlan, ApplicationPlan, ServicePlan
from tollway.portal.plans.services import create_application_plan


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (AccountPlan, {"setup_fee": -1}),
        (ServicePlan, {"cost_per_month": -1}),
        (ApplicationPlan, {"setup_fee": -1}),
        (ApplicationPlan, {"setup_fee": None}),
        (ApplicationPlan, {"trial_period_days": None}),
        (ApplicationPlan, {"name": ""}),
    ],
)
def test_a_standard_plan_has_all_terms_and_none_is_negative(
    acme: Provider, kind: Any, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        kind.objects.filter(tenant=acme.tenant).update(**changes)


@pytest.mark.parametrize("changes", [{"is_default": True}, {"state": "published"}])
def test_a_custom_plan_is_neither_default_nor_published(
    acme: Provider, changes: dict[str, Any]
) -> None:
    custom = customize_plan(acme.application, by=BY)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApplicationPlan.objects.filter(pk=custom.pk).update(**changes)


def test_a_product_has_one_default_plan(acme: Provider) -> None:
    create_application_plan(acme.product, by=BY, name="Other")
    with pytest.raises(IntegrityError), transaction.atomic():
        ApplicationPlan.objects.filter(product=acme.product).update(is_default=True)


def test_a_plan_is_called_by_the_name_in_force(acme: Provider) -> None:
    custom = customize_plan(acme.application, by=BY)
    assert [str(acme.plan), str(custom)] == ["Basic", "Basic (custom)"]
