"""Pricing rules: ranges of units that never overlap, whatever is tried."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from portal.people import BY, Provider
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import PricingRule
from tollway.portal.plans.services.prices import (
    create_pricing_rule,
    delete_pricing_rule,
    overlap,
    update_pricing_rule,
)

SMALL = st.integers(1, 12)


@st.composite
def ranges(draw: st.DrawFn) -> PricingRule:
    first = draw(SMALL)
    return PricingRule(min=first, max=draw(st.none() | st.integers(first, 14)))


@given(ranges(), ranges())
def test_ranges_overlap_if_they_share_a_unit(a: PricingRule, b: PricingRule) -> None:
    def units(rule: PricingRule) -> set[int]:
        return set(range(rule.min, (rule.max or 20) + 1))

    assert overlap(a, b) == overlap(b, a) == bool(units(a) & units(b))


def test_a_price_begins_at_one_and_has_no_end_unless_it_is_told(acme: Provider) -> None:
    rule = create_pricing_rule(acme.plan, acme.hits, by=BY, cost_per_unit="0.0125")
    rule.refresh_from_db()
    assert (rule.min, rule.max, rule.cost_per_unit) == (1, None, Decimal("0.0125"))
    event = events_of(acme.tenant).last()
    assert event
    assert event.kind == "pricing_rule.created"
    assert (event.after["plan_id"], event.after["cost_per_unit"]) == (acme.plan.pk, "0.0125")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"min": 0}, {"min": ["must be greater than or equal to 1"]}),
        ({"min": 20, "max": 19}, {"max": ["must be greater than or equal to min"]}),
        ({"min": "few"}, {"min": ["is not a number"]}),
        (
            {"min": 20, "cost_per_unit": -1},
            {"cost_per_unit": ["must be greater than or equal to 0"]},
        ),
        (
            {"min": 20, "cost_per_unit": "0.00001"},
            {"cost_per_unit": ["has more than 4 decimals"]},
        ),
        ({"min": 20, "cost_per_unit": "1e17"}, {"cost_per_unit": ["is too large"]}),
        ({"min": 10, "max": 20}, {"base": ["The range overlaps the one from 5 to 10"]}),
        ({"min": 1}, {"base": ["The range overlaps the one from 5 to 10"]}),
        ({"min": 6, "max": 7}, {"base": ["The range overlaps the one from 5 to 10"]}),
    ],
)  # fmt: skip
def test_a_price_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    create = create_pricing_rule
    create(acme.plan, acme.hits, by=BY, min=5, max=10, cost_per_unit=1)
    with pytest.raises(ValidationError) as failed:
        create(acme.plan, acme.hits, by=BY, **fields)
    assert failed.value.message_dict == errors
    assert PricingRule.objects.count() == 1


def test_the_ranges_of_other_metrics_and_plans_do_not_matter(acme: Provider) -> None:
    for metric in (acme.hits, hits_of(acme.tenant, acme.backend)):
        create_pricing_rule(acme.plan, metric, by=BY)
    other = services.create_application_plan(acme.product, by=BY, name="Other")
    create_pricing_rule(other, acme.hits, by=BY)
    assert PricingRule.objects.count() == 3


def test_a_price_changes_within_its_room_and_goes(acme: Provider) -> None:
    create, update = create_pricing_rule, update_pricing_rule
    first = create(acme.plan, acme.hits, by=BY, max=10, cost_per_unit=2)
    create(acme.plan, acme.hits, by=BY, min=11, cost_per_unit=1)
    with pytest.raises(ValidationError, match="overlaps the one from 11 to infinity"):
        update(acme.plan, first, by=BY, max=None)
    first.refresh_from_db()
    assert first.max == 10
    update(acme.plan, first, by=BY, max=9, cost_per_unit="2.5")
    first.refresh_from_db()
    assert (first.max, first.cost_per_unit) == (9, Decimal("2.5"))
    delete_pricing_rule(acme.plan, first, by=BY)
    assert [rule.min for rule in selectors.pricing_rules_of(acme.tenant, acme.plan)] == [11]
