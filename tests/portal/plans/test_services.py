"""Application plans and their limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import RestrictedError

from portal.people import BY, Provider
from tollway.portal.applications.services import delete_application
from tollway.portal.catalog.selectors import hits_of
from tollway.portal.catalog.services import create_metric
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import ApplicationPlan, UsageLimit


def test_a_plan_is_hidden_until_it_is_published(acme: Provider) -> None:
    plan = services.create_application_plan(
        acme.product, by=BY, name="Gold plan", setup_fee="10.5", trial_period_days="30"
    )
    plan.refresh_from_db()
    assert (plan.system_name, plan.state, plan.is_default) == ("gold_plan", "hidden", False)
    assert (plan.setup_fee, plan.cost_per_month) == (Decimal("10.5"), Decimal(0))
    assert plan.trial_period_days == 30
    assert plan not in selectors.published_plans_of(acme.tenant, acme.product)
    services.update_application_plan(plan, by=BY, published=True)
    assert plan in selectors.published_plans_of(acme.tenant, acme.product)
    services.update_application_plan(plan, by=BY, published=False)
    assert plan not in selectors.published_plans_of(acme.tenant, acme.product)


def test_a_change_of_price_is_told_exactly(acme: Provider) -> None:
    services.update_application_plan(acme.plan, by=BY, cost_per_month="9.99")
    event = events_of(acme.tenant).last()
    assert event
    assert event.before == {"cost_per_month": "0.0000"}
    assert event.after == {"cost_per_month": "9.99", "product_id": acme.product.pk}


def test_one_plan_of_a_product_is_the_default(acme: Provider) -> None:
    other = services.create_application_plan(acme.product, by=BY, name="Other")
    for plan in (acme.plan, other):
        services.set_default_plan(acme.product, plan, by=BY)
        assert selectors.default_plan_of(acme.tenant, acme.product) == plan
    assert list(selectors.default_plans_of(acme.tenant)) == [other]
    services.set_default_plan(acme.product, None, by=BY)
    assert selectors.default_plan_of(acme.tenant, acme.product) is None
    foreign = services.create_application_plan(acme.another_product(), by=BY, name="Foreign")
    with pytest.raises(ValidationError, match="must belong to the product"):
        services.set_default_plan(acme.product, foreign, by=BY)


def test_a_copy_has_the_same_conditions_and_limits_and_is_hidden(acme: Provider) -> None:
    services.update_application_plan(acme.plan, by=BY, cost_per_month=5, approval_required=True)
    services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    first = services.copy_application_plan(acme.plan, by=BY)
    second = services.copy_application_plan(acme.plan, by=BY)
    assert [first.name, second.name] == ["Basic (copy)", "Basic (copy) 2"]
    assert first.system_name == "basic_copy"
    assert (first.state, first.cost_per_month, first.approval_required) == (
        "hidden",
        Decimal(5),
        True,
    )
    [limit] = selectors.limits_of(acme.tenant, first)
    assert (limit.metric, limit.period, limit.value) == (acme.hits, "hour", 3)


def test_a_plan_with_an_application_cannot_be_deleted(acme: Provider) -> None:
    with pytest.raises(ValidationError) as failed:
        services.delete_application_plan(acme.plan, by=BY)
    assert failed.value.message_dict == {"base": ["It has applications"]}
    with pytest.raises(RestrictedError):
        acme.plan.delete()
    delete_application(acme.application, by=BY)
    services.delete_application_plan(acme.plan, by=BY)
    assert not ApplicationPlan.objects.filter(tenant=acme.tenant).exists()


def test_a_limit_may_be_on_a_metric_of_the_product_or_of_its_backends(
    acme: Provider, globex: Provider
) -> None:
    of_backend = hits_of(acme.tenant, acme.backend)
    for metric in (acme.hits, of_backend):
        services.create_limit(acme.plan, metric, by=BY, period="day", value=0)
    found = selectors.limits_of(acme.tenant, acme.plan)
    assert [limit.metric for limit in found] == [acme.hits, of_backend]
    assert selectors.limits_of(acme.tenant, acme.plan, of_backend).get().metric == of_backend
    foreign = create_metric(acme.another_product(), by=BY, friendly_name="M", unit="1")
    for metric in (foreign, globex.hits):
        with pytest.raises(ValidationError, match="must belong to the product"):
            services.create_limit(acme.plan, metric, by=BY, period="hour", value=0)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"period": "hour", "value": 4}, {"period": ["has already been taken"]}),
        ({"period": "fortnight", "value": 4}, {"period": ["is not included in the list"]}),
        ({"period": "day"}, {"value": ["can't be blank"]}),
        ({"period": "day", "value": -1}, {"value": ["must be greater than or equal to 0"]}),
        ({"period": "day", "value": "many"}, {"value": ["is not a number"]}),
        (
            {"period": "day", "value": 2**53},
            {"value": [f"must be less than or equal to {2**53 - 1}"]},
        ),
    ],
)
def test_a_limit_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    with pytest.raises(ValidationError) as failed:
        services.create_limit(acme.plan, acme.hits, by=BY, **fields)
    assert failed.value.message_dict == errors
    assert UsageLimit.objects.count() == 1


def test_a_limit_changes_and_goes(acme: Provider) -> None:
    limit = services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    services.update_limit(limit, by=BY, value="5", period="day")
    limit.refresh_from_db()
    assert (limit.value, limit.period) == (5, "day")
    services.delete_limit(limit, by=BY)
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.before["value"]) == ("limit.deleted", 5)
