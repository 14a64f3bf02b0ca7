"""Custom plans set what their parents set, less and more what was changed for one application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.people import BY, Provider
from tollway.portal.applications.services import customize_plan
from tollway.portal.catalog.models import Product
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import ApplicationPlan, PricingRule, UsageLimit
from tollway.portal.plans.services.custom import drop_custom_plans, make_custom_plan
from tollway.portal.plans.services.prices import overlap
from tollway.portal.publish.builders import build_products

Place = tuple[int, str]


@pytest.fixture
def custom(acme: Provider) -> ApplicationPlan:
    return customize_plan(acme.application, by=BY)


def limits(plan: ApplicationPlan) -> dict[Place, int]:
    return {(x.metric_id, x.period): x.value for x in selectors.limits_of(plan.tenant, plan)}


def prices(plan: ApplicationPlan) -> list[tuple[int, int, int | None, Decimal]]:
    rules = selectors.pricing_rules_of(plan.tenant, plan)
    return sorted((r.metric_id, r.min, r.max, r.cost_per_unit) for r in rules)


def limit_at(plan: ApplicationPlan, period: str) -> UsageLimit:
    return selectors.limits_of(plan.tenant, plan).get(period=period)


def test_a_custom_plan_begins_as_an_empty_patch(acme: Provider, custom: ApplicationPlan) -> None:
    services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    assert (custom.parent, custom.is_custom, custom.state) == (acme.plan, True, "hidden")
    assert custom.terms.name == "Basic (custom)"
    assert limits(custom) == limits(acme.plan) == {(acme.hits.pk, "hour"): 3}
    assert not custom.limits.exists()
    assert custom not in selectors.application_plans_of(acme.tenant)
    assert custom in selectors.any_application_plans_of(acme.tenant)


def test_each_is_named_apart_and_only_custom_plans_are_dropped(acme: Provider) -> None:
    first, second = (make_custom_plan(acme.plan) for _ in range(2))
    assert (first.system_name, second.system_name) == ("basic_custom", "basic_custom_2")
    drop_custom_plans([first.pk, acme.plan.pk])
    plans = selectors.any_application_plans_of(acme.tenant)
    assert list(plans) == [acme.plan, second]


def test_terms_follow_the_parent_where_they_were_not_changed(
    acme: Provider, custom: ApplicationPlan
) -> None:
    services.update_plan(acme.plan, by=BY, cost_per_month=100, setup_fee=10)
    services.update_plan(custom, by=BY, cost_per_month=Decimal(80), setup_fee=Decimal(10))
    services.update_plan(acme.plan, by=BY, cost_per_month=200, setup_fee=20, name="Silver")
    custom = ApplicationPlan.objects.get(pk=custom.pk)
    terms = custom.terms
    assert terms.cost_per_month == Decimal(80)
    assert terms.setup_fee == Decimal(20), "10 was the parent's when it was told"
    assert terms.name == "Silver (custom)"
    services.update_plan(custom, by=BY, name="For Acme", approval_required=True)
    assert (custom.terms.name, custom.terms.approval_required) == ("For Acme", True)
    assert acme.plan.terms.approval_required is False


def test_plans_that_cost_nothing_are_found_by_what_is_in_force(
    acme: Provider, custom: ApplicationPlan
) -> None:
    free = selectors.free_application_plans_of(acme.tenant)
    assert set(free) == {acme.plan, custom}
    services.update_plan(acme.plan, by=BY, cost_per_month=100)
    assert set(free.all()) == set()
    services.update_plan(custom, by=BY, cost_per_month=Decimal(0))
    assert set(free.all()) == {custom}


def test_a_custom_plan_is_nobody_elses(acme: Provider, custom: ApplicationPlan) -> None:
    with pytest.raises(ValidationError, match="cannot be chosen"):
        services.update_plan(custom, by=BY, published=True)
    with pytest.raises(ValidationError, match="It has applications"):
        services.delete_plan(custom, by=BY)
    with transaction.atomic(), pytest.raises(IntegrityError), transaction.atomic():
        ApplicationPlan.objects.filter(pk=acme.plan.pk).update(setup_fee=None)


def test_limits_are_changed_added_and_removed_for_one_application(
    acme: Provider, custom: ApplicationPlan
) -> None:
    for period, value in (("day", 100), ("hour", 10), ("minute", 1)):
        services.create_limit(acme.plan, acme.hits, by=BY, period=period, value=value)
    services.update_limit(custom, limit_at(custom, "day"), by=BY, value=500)
    services.delete_limit(custom, limit_at(custom, "minute"), by=BY)
    services.create_limit(custom, acme.hits, by=BY, period="week", value=7)
    hits = acme.hits.pk
    own = {(hits, "day"): 500, (hits, "week"): 7}
    assert limits(custom) == {**own, (hits, "hour"): 10}
    assert limits(acme.plan) == {(hits, "day"): 100, (hits, "hour"): 10, (hits, "minute"): 1}
    services.update_limit(acme.plan, limit_at(acme.plan, "hour"), by=BY, value=20)
    services.update_limit(acme.plan, limit_at(acme.plan, "day"), by=BY, value=200)
    services.delete_limit(acme.plan, limit_at(acme.plan, "day"), by=BY)
    assert limits(custom) == {**own, (hits, "hour"): 20}
    with pytest.raises(ValidationError) as failed:
        services.create_limit(custom, acme.hits, by=BY, period="hour", value=1)
    assert failed.value.message_dict == {"period": ["has already been taken"]}
    services.create_limit(custom, acme.hits, by=BY, period="minute", value=2)
    assert limits(custom)[hits, "minute"] == 2, "where one was removed, one can be made"


def test_a_limit_whose_period_changes_leaves_none_behind(
    acme: Provider, custom: ApplicationPlan
) -> None:
    limit = services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    moved = services.update_limit(custom, limit, by=BY, period="day")
    assert limits(custom) == {(acme.hits.pk, "day"): 3}
    moved = services.update_limit(custom, moved, by=BY, period="hour", value=4)
    assert limits(custom) == {(acme.hits.pk, "hour"): 4}
    assert limits(acme.plan) == {(acme.hits.pk, "hour"): 3}


def test_what_is_told_as_it_is_goes_on_following(acme: Provider, custom: ApplicationPlan) -> None:
    limit = services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    rule = services.create_pricing_rule(acme.plan, acme.hits, by=BY, cost_per_unit=1)
    events = events_of(acme.tenant).count()
    services.update_limit(custom, limit, by=BY, value=3, period="hour")
    services.update_pricing_rule(custom, rule, by=BY, min=1, max=None)
    assert events_of(acme.tenant).count() == events
    assert not custom.limits.exists()
    assert not custom.pricing_rules.exists()


def test_a_parents_id_leads_to_what_replaced_it(acme: Provider, custom: ApplicationPlan) -> None:
    limit = services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    rule = services.create_pricing_rule(acme.plan, acme.hits, by=BY, cost_per_unit=1)
    find_limit, find_rule = selectors.limit_by_id, selectors.pricing_rule_by_id
    assert find_limit(acme.tenant, custom, limit.pk) == limit
    own_limit = services.update_limit(custom, limit, by=BY, value=5)
    assert own_limit != limit
    assert find_limit(acme.tenant, custom, limit.pk) == own_limit
    assert find_limit(acme.tenant, custom, own_limit.pk) == own_limit
    assert find_limit(acme.tenant, acme.plan, limit.pk) == limit
    services.create_pricing_rule(custom, hits_of(acme.tenant, acme.backend), by=BY)
    assert find_rule(acme.tenant, custom, rule.pk) == rule, "another metric's prices changed"
    own_rule = services.update_pricing_rule(custom, rule, by=BY, max=10)
    assert (own_rule.plan, own_rule.max) == (custom, 10)
    services.delete_limit(custom, own_limit, by=BY)
    assert find_limit(acme.tenant, custom, limit.pk) is None


def test_prices_of_a_metric_are_taken_over_whole(acme: Provider, custom: ApplicationPlan) -> None:
    of_backend = hits_of(acme.tenant, acme.backend)
    first = services.create_pricing_rule(acme.plan, acme.hits, by=BY, max=10, cost_per_unit=2)
    services.create_pricing_rule(acme.plan, acme.hits, by=BY, min=11, cost_per_unit=1)
    third = services.create_pricing_rule(acme.plan, of_backend, by=BY, cost_per_unit=5)
    assert prices(custom) == prices(acme.plan)
    services.delete_pricing_rule(custom, first, by=BY)
    services.delete_pricing_rule(acme.plan, third, by=BY)
    services.update_pricing_rule(acme.plan, first, by=BY, cost_per_unit=3)
    assert prices(custom) == [(acme.hits.pk, 11, None, Decimal(1))]
    services.delete_pricing_rule(custom, custom.pricing_rules.get(), by=BY)
    assert prices(custom) == [], "a metric without prices, whatever the parent's"


def test_features_and_metrics_follow_the_parent_too(
    acme: Provider, custom: ApplicationPlan
) -> None:
    names = ("kept", "taken out", "added")
    kept, out, added = (services.create_feature(acme.product, by=BY, name=n) for n in names)
    for feature in (kept, out):
        services.add_feature(acme.plan, feature, by=BY)
    services.remove_feature(custom, out, by=BY)
    services.add_feature(custom, added, by=BY)
    assert list(selectors.plan_features_of(acme.tenant, custom)) == [kept, added]
    services.add_feature(custom, out, by=BY)
    services.remove_feature(acme.plan, kept, by=BY)
    assert list(selectors.plan_features_of(acme.tenant, custom)) == [out, added]
    services.update_plan_metric(acme.plan, acme.hits, by=BY, visible=False)
    services.update_plan_metric(custom, acme.hits, by=BY, limits_only_text=False)
    assert selectors.shown_metrics_of(acme.tenant, custom) == {acme.hits.pk: (False, False)}
    services.create_limit(acme.plan, acme.hits, by=BY, period="eternity", value=0)
    services.enable_metric(custom, acme.hits, by=BY)
    assert limits(custom) == {}
    services.disable_metric(custom, acme.hits, by=BY)
    assert limits(custom) == {(acme.hits.pk, "eternity"): 0}


@contextmanager
def undone() -> Iterator[None]:
    """Let the database forget what happens inside: the next example begins as this one did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PLACES = st.tuples(st.sampled_from(("hits", "backend hits")), st.sampled_from(("day", "hour")))
SIDES = st.sampled_from(("parent", "custom"))
STEPS = st.lists(st.tuples(SIDES, PLACES, st.none() | st.integers(0, 3)), max_size=12)
GONE = -1


def set_limit(plan: ApplicationPlan, metric: Any, period: str, value: int | None) -> None:
    """Bring a limit to ``value``, None for no limit, as an admin would."""
    there = selectors.limits_of(plan.tenant, plan, metric).filter(period=period).first()
    if there is None and value is not None:
        services.create_limit(plan, metric, by=BY, period=period, value=value)
    elif there is not None and value is None:
        services.delete_limit(plan, there, by=BY)
    elif there is not None:
        services.update_limit(plan, there, by=BY, value=value)


@EXAMPLES
@given(STEPS)
def test_limits_in_force_are_the_parents_overlaid_by_the_patch(
    acme: Provider, custom: ApplicationPlan, steps: list[Any]
) -> None:
    """Compare with two dictionaries. A value that is the parent's when it is told is no patch."""
    metrics = {"hits": acme.hits, "backend hits": hits_of(acme.tenant, acme.backend)}
    parent: dict[Place, int] = {}
    patch: dict[Place, int] = {}
    with undone():
        for side, (name, period), value in steps:
            place, new = (metrics[name].pk, period), GONE if value is None else value
            set_limit(acme.plan if side == "parent" else custom, metrics[name], period, value)
            if side == "parent":
                parent[place] = new
            elif new == GONE and parent.get(place, GONE) == GONE:
                patch.pop(place, None)  # nothing of the parent's is taken away
            elif new != {**parent, **patch}.get(place, GONE):
                patch[place] = new
        found = limits(custom)
        [built] = build_products(Product.objects.filter(pk=acme.product.pk))
    expected = {place: value for place, value in {**parent, **patch}.items() if value != GONE}
    assert found == expected
    published = built.plans[str(custom.pk)].limits
    assert {(int(x.metric), x.period): x.maximum for x in published} == expected


RANGES = st.tuples(st.integers(1, 6), st.none() | st.integers(1, 8))


@EXAMPLES
@given(st.lists(st.tuples(SIDES, st.sampled_from(("add", "remove")), RANGES), max_size=10))
def test_prices_in_force_never_overlap(
    acme: Provider, custom: ApplicationPlan, steps: list[Any]
) -> None:
    with undone():
        for side, action, (first, last) in steps:
            plan = acme.plan if side == "parent" else custom
            rules = selectors.pricing_rules_of(acme.tenant, plan, acme.hits)
            try:
                if action == "add":
                    services.create_pricing_rule(plan, acme.hits, by=BY, min=first, max=last)
                elif (rule := rules.filter(min=first).first()) is not None:
                    services.delete_pricing_rule(plan, rule, by=BY)
            except ValidationError:
                pass  # refused, and nothing changed
        found: list[PricingRule] = list(selectors.pricing_rules_of(acme.tenant, custom))
    assert not [(a, b) for a in found for b in found if a.pk != b.pk and overlap(a, b)]
