"""What the pages of plans read, and where they lead."""

from __future__ import annotations

import msgspec
import pytest
from django.http import Http404
from pytest_django import Settings

from portal.people import BY, Provider
from tollway.portal.applications.services import customize_plan, update_application
from tollway.portal.catalog.services import create_metric
from tollway.portal.console.plans import features, limits, steps
from tollway.portal.console.plans.kinds import APPLICATION
from tollway.portal.plans.selectors import application_plans_of
from tollway.portal.plans.services import create_limit, create_pricing_rule

pytestmark = pytest.mark.django_db


def test_an_application_with_a_plan_of_its_own_counts_for_the_plan_it_was_made_of(
    acme: Provider,
) -> None:
    customize_plan(acme.application, by=BY)
    acme.another_application()
    [plan] = APPLICATION.with_users(application_plans_of(acme.tenant, acme.product))
    assert plan.users == APPLICATION.user_count(plan) == 2


def test_who_is_close_to_a_limit_is_not_known_without_counters(
    acme: Provider, settings: Settings
) -> None:
    nowhere = msgspec.structs.replace(settings.TOLLWAY, valkey_url="redis://127.0.0.1:1/0")
    settings.TOLLWAY = nowhere
    assert limits.close_to_a_limit(acme.plan) == []
    create_limit(acme.plan, acme.hits, by=BY, period="hour", value=3)
    first = acme.application.created_at
    update_application(acme.application, by=BY, first_traffic_at=first)
    assert limits.close_to_a_limit(acme.plan) is None


def test_a_feature_leads_back_to_its_tab_and_is_of_its_product(
    acme: Provider, globex: Provider
) -> None:
    assert features.address(APPLICATION, acme.plan).endswith(f"/{acme.plan.pk}/edit?tab=features")
    with pytest.raises(Http404):
        features.feature_or_404(globex.plan, 0)


def test_the_next_step_begins_where_the_last_one_ends(acme: Provider) -> None:
    metric = create_metric(acme.product, by=BY, friendly_name="Pages", unit="page")
    assert steps.suggested(acme.plan, metric) == {"min": 1}
    create_pricing_rule(acme.plan, metric, by=BY, min=1, max=10, cost_per_unit=0)
    assert steps.suggested(acme.plan, metric) == {"min": 11}
