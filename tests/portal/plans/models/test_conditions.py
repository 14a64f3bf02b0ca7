"""What the database holds of limits, prices and features, whoever writes to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.people import BY, Provider
from tollway.portal.plans.models.conditions import Feature, PricingRule, UsageLimit
from tollway.portal.plans.services import create_feature, create_limit, create_pricing_rule


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (UsageLimit, {"value": -1}),
        (PricingRule, {"min": 0}),
        (PricingRule, {"max": 4}),
        (PricingRule, {"cost_per_unit": -1}),
        (Feature, {"scope": "account_plan"}),
        (Feature, {"product": None}),
    ],
)
def test_what_cannot_be_is_not_stored(acme: Provider, kind: Any, changes: dict[str, Any]) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    create_pricing_rule(acme.plan, acme.hits, by=BY, min=5, max=9)
    create_feature(acme.product, by=BY, name="Speed")
    with pytest.raises(IntegrityError), transaction.atomic():
        kind.objects.filter(tenant=acme.tenant).update(**changes)


def test_a_metric_that_is_deleted_takes_its_conditions_along(acme: Provider) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    create_pricing_rule(acme.plan, acme.hits, by=BY)
    acme.hits.delete()
    assert not UsageLimit.objects.exists()
    assert not PricingRule.objects.exists()
