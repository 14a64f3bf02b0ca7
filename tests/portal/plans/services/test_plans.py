"""What all three kinds of plans have in common, told once for each kind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import RestrictedError

from portal.people import BY, Provider
from tollway.portal.applications.services import (
    customize_plan,
    delete_account,
    delete_application,
)
from tollway.portal.catalog.models import Product
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import AccountPlan, ApplicationPlan, Plan, ServicePlan
from tollway.portal.plans.services.plans import (
    copy_plan,
    create_account_plan,
    create_application_plan,
    create_service_plan,
    delete_plan,
    set_default_plan,
    update_plan,
)
from tollway.portal.tenants.models import Tenant

AnyPlan = AccountPlan | ServicePlan | ApplicationPlan


def of_tenant(provider: Provider) -> Tenant:
    return provider.tenant


def of_product(provider: Provider) -> Product:
    return provider.product


class KindOfPlan:
    """How one kind of plan is made, and where it belongs."""

    def __init__(
        self, owner: Callable[[Provider], Any], create: Callable[..., AnyPlan], used_by: str
    ) -> None:
        self.owner = owner
        self.create_plan = create
        self.used_by = used_by

    def create(self, provider: Provider, **fields: Any) -> AnyPlan:
        return self.create_plan(self.owner(provider), by=BY, **fields)


KINDS = {
    "account_plan": KindOfPlan(of_tenant, create_account_plan, "accounts"),
    "service_plan": KindOfPlan(of_product, create_service_plan, "subscriptions"),
    "application_plan": KindOfPlan(of_product, create_application_plan, "applications"),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> KindOfPlan:
    return KINDS[request.param]


def test_a_plan_is_hidden_until_it_is_published(acme: Provider, kind: KindOfPlan) -> None:
    plan = kind.create(acme, name="Gold plan", setup_fee="10.5", trial_period_days="30")
    plan.refresh_from_db()
    assert (plan.system_name, plan.state, plan.is_default) == ("gold_plan", "hidden", False)
    terms = plan.terms
    assert (terms.setup_fee, terms.cost_per_month) == (Decimal("10.5"), Decimal(0))
    assert (terms.trial_period_days, terms.is_free) == (30, False)
    update_plan(plan, by=BY, published=True)
    assert plan.state == Plan.State.PUBLISHED
    update_plan(plan, by=BY, published=False)
    assert plan.state == Plan.State.HIDDEN


def test_only_published_plans_can_be_chosen(acme: Provider) -> None:
    plan = create_application_plan(acme.product, by=BY, name="Gold")
    assert plan not in selectors.published_plans_of(acme.tenant, acme.product)
    update_plan(plan, by=BY, published=True)
    assert plan in selectors.published_plans_of(acme.tenant, acme.product)


def test_a_change_of_price_is_told_exactly(acme: Provider, kind: KindOfPlan) -> None:
    plan = kind.create(acme, name="Gold")
    plan.refresh_from_db()
    update_plan(plan, by=BY, cost_per_month="9.99")
    event = events_of(acme.tenant).last()
    assert event
    product = {} if isinstance(plan, AccountPlan) else {"product_id": acme.product.pk}
    assert (event.kind, event.object_id) == (f"{plan.kind}.updated", str(plan.pk))
    assert event.before == {"cost_per_month": "0.0000"}
    assert event.after == {"cost_per_month": "9.99", **product}
    update_plan(plan, by=BY, cost_per_month=Decimal("9.99"))
    assert events_of(acme.tenant).last() == event, "no change, no event"


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"name": "Gold"}, {"name": ["has already been taken"]}),
        ({"name": "X", "system_name": "gold"}, {"system_name": ["has already been taken"]}),
        ({"name": "X", "system_name": "a b"}, {"system_name": ["is invalid"]}),
        (
            {"name": "X", "setup_fee": -1},
            {"setup_fee": ["must be greater than or equal to 0"]},
        ),
        ({"name": "X", "cost_per_month": "much"}, {"cost_per_month": ["is not a number"]}),
        (
            {"name": "X", "trial_period_days": -1},
            {"trial_period_days": ["must be greater than or equal to 0"]},
        ),
    ],
)
def test_a_plan_is_refused(
    acme: Provider, kind: KindOfPlan, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    gold = kind.create(acme, name="Gold")
    count = type(gold).objects.count()
    with pytest.raises(ValidationError) as failed:
        kind.create(acme, **fields)
    assert failed.value.message_dict == errors
    assert type(gold).objects.count() == count


def test_one_of_a_kind_is_the_default(acme: Provider, kind: KindOfPlan) -> None:
    owner, first = kind.owner(acme), kind.create(acme, name="First")
    second = kind.create(acme, name="Second")
    for plan in (first, second):
        set_default_plan(owner, plan, by=BY)
        plan.refresh_from_db()
        assert plan.is_default
        defaults = type(plan).objects.filter(tenant=acme.tenant, is_default=True)
        assert [each.pk for each in defaults] == [plan.pk]
    set_default_plan(owner, None, by=BY, kind=type(second))
    second.refresh_from_db()
    assert not second.is_default
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.object_id) == (f"{second.kind}.default_changed", str(second.pk))
    assert (event.before["default_plan_id"], event.after["default_plan_id"]) == (second.pk, None)


def test_a_default_plan_is_one_of_its_owners(
    acme: Provider, globex: Provider, kind: KindOfPlan
) -> None:
    foreign = kind.create(globex, name="Foreign")
    with pytest.raises(ValidationError, match="must belong to the product"):
        set_default_plan(kind.owner(acme), foreign, by=BY)
    custom = customize_plan(acme.application, by=BY)
    with pytest.raises(ValidationError, match="must not be a custom plan"):
        set_default_plan(acme.product, custom, by=BY)


def test_a_copy_has_the_same_terms_and_is_hidden(acme: Provider, kind: KindOfPlan) -> None:
    plan = kind.create(acme, name="Gold", cost_per_month=5, approval_required=True, published=True)
    scope = {} if isinstance(plan, AccountPlan) else {"scope": plan.kind}
    feature = services.create_feature(kind.owner(acme), by=BY, name="Speed", **scope)
    services.add_feature(plan, feature, by=BY)
    first, second = copy_plan(plan, by=BY), copy_plan(plan, by=BY)
    assert [first.name, second.name] == ["Gold (copy)", "Gold (copy) 2"]
    assert (first.system_name, first.state, first.is_default) == ("gold_copy", "hidden", False)
    assert (first.terms.cost_per_month, first.terms.approval_required) == (Decimal(5), True)
    assert list(selectors.plan_features_of(acme.tenant, first)) == [feature]


def test_a_copy_of_an_application_plan_sets_the_same(acme: Provider) -> None:
    services.create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    services.create_pricing_rule(acme.plan, acme.hits, by=BY, max=10, cost_per_unit="0.5")
    services.update_plan_metric(acme.plan, acme.hits, by=BY, visible=False)
    copy = copy_plan(acme.plan, by=BY)
    [limit] = selectors.limits_of(acme.tenant, copy)
    assert (limit.metric, limit.period, limit.value) == (acme.hits, "hour", 3)
    [rule] = selectors.pricing_rules_of(acme.tenant, copy)
    assert (rule.min, rule.max, rule.cost_per_unit) == (1, 10, Decimal("0.5"))
    assert selectors.shown_metrics_of(acme.tenant, copy) == {acme.hits.pk: (False, True)}


def test_a_plan_that_is_in_use_stays(acme: Provider, kind: KindOfPlan) -> None:
    plans: dict[str, AnyPlan] = {
        "accounts": acme.account.contract.plan,
        "subscriptions": acme.account.service_subscriptions.get().plan,
        "applications": acme.plan,
    }
    used = plans[kind.used_by]
    with pytest.raises(ValidationError) as failed:
        delete_plan(used, by=BY)
    assert failed.value.message_dict == {"base": [f"It has {kind.used_by}"]}
    with pytest.raises(RestrictedError):
        used.delete()
    delete_account(acme.account, by=BY)
    delete_plan(used, by=BY)
    assert not type(used).objects.filter(pk=used.pk).exists()


def test_a_plan_that_a_custom_plan_was_made_of_stays(acme: Provider) -> None:
    customize_plan(acme.application, by=BY)
    with pytest.raises(ValidationError, match="It has applications"):
        delete_plan(acme.plan, by=BY)
    delete_application(acme.application, by=BY)
    delete_plan(acme.plan, by=BY)
    assert not ApplicationPlan.objects.filter(tenant=acme.tenant).exists()
