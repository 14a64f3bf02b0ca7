"""Features, and the plans that include them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors
from tollway.portal.plans.models import AccountPlan, Feature, ServicePlan
from tollway.portal.plans.services.features import (
    add_feature,
    create_feature,
    delete_feature,
    remove_feature,
    update_feature,
)


def service_plan(provider: Provider) -> ServicePlan:
    return provider.account.service_subscriptions.get().plan


def account_plan(provider: Provider) -> AccountPlan:
    return provider.account.contract.plan


def test_a_feature_is_of_a_products_plans_or_of_account_plans(acme: Provider) -> None:
    of_applications = create_feature(acme.product, by=BY, name="24/7 support")
    of_services = create_feature(
        acme.product, by=BY, name="Free trial", scope="service_plan", description="A month"
    )
    of_accounts = create_feature(acme.tenant, by=BY, name="24/7 support")
    features = [of_applications, of_services, of_accounts]
    assert [f.scope for f in features] == ["application_plan", "service_plan", "account_plan"]
    assert [f.system_name for f in features] == ["24_7_support", "free_trial", "24_7_support"]
    assert list(selectors.features_of(acme.tenant, acme.product)) == features[:2]
    assert list(selectors.features_of(acme.tenant, None)) == features[2:]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"name": "X", "system_name": "speed"}, {"system_name": ["has already been taken"]}),
        ({"name": "X", "scope": "account_plan"}, {"scope": ["is not included in the list"]}),
        ({"name": "X", "scope": "no_plan"}, {"scope": ["is not included in the list"]}),
    ],
)
def test_a_feature_is_refused(
    acme: Provider, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    create_feature(acme.product, by=BY, name="Speed")
    with pytest.raises(ValidationError) as failed:
        create_feature(acme.product, by=BY, **fields)
    assert failed.value.message_dict == errors
    assert Feature.objects.count() == 1


def test_a_name_of_account_features_is_taken_once(acme: Provider, globex: Provider) -> None:
    for provider in (acme, globex):
        create_feature(provider.tenant, by=BY, name="Speed", system_name="speed")
    with pytest.raises(ValidationError) as failed:
        create_feature(acme.tenant, by=BY, name="Other", system_name="speed")
    assert failed.value.message_dict == {"system_name": ["has already been taken"]}


def test_a_plan_includes_features_of_its_own_scope(acme: Provider, globex: Provider) -> None:
    of = {
        "application": create_feature(acme.product, by=BY, name="A"),
        "service": create_feature(acme.product, by=BY, name="S", scope="service_plan"),
        "account": create_feature(acme.tenant, by=BY, name="C"),
        "foreign": create_feature(globex.product, by=BY, name="F"),
        "other": create_feature(acme.another_product(), by=BY, name="O"),
    }
    plans: dict[str, Any] = {
        "application": acme.plan, "service": service_plan(acme), "account": account_plan(acme),
    }  # fmt: skip
    for own, plan in plans.items():
        add_feature(plan, of[own], by=BY)
        assert list(selectors.plan_features_of(acme.tenant, plan)) == [of[own]]
        for name in set(of) - {own}:
            with pytest.raises(ValidationError) as failed:
                add_feature(plan, of[name], by=BY)
            assert list(failed.value.message_dict) == ["feature_id"]
        events = events_of(acme.tenant).count()
        add_feature(plan, of[own], by=BY)
        assert events_of(acme.tenant).count() == events, "it was in already"
        remove_feature(plan, of[own], by=BY)
        remove_feature(plan, of[own], by=BY)
        assert events_of(acme.tenant).count() == events + 1
        assert not selectors.plan_features_of(acme.tenant, plan).exists()


def test_a_deleted_feature_is_in_no_plan_any_more(acme: Provider) -> None:
    feature = create_feature(acme.product, by=BY, name="Speed")
    add_feature(acme.plan, feature, by=BY)
    update_feature(feature, by=BY, name="Great speed", visible=False)
    feature.refresh_from_db()
    assert (feature.name, feature.system_name, feature.visible) == ("Great speed", "speed", False)
    delete_feature(feature, by=BY)
    assert not selectors.plan_features_of(acme.tenant, acme.plan).exists()
