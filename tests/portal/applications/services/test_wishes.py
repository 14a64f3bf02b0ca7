"""A wish for another plan is told once a day, and is settled by a change of plan."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway import clock
from tollway.portal.applications.services.plans import change_plan, customize_plan
from tollway.portal.applications.services.wishes import request_plan, wish_for_plan
from tollway.portal.events.models import Event
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import create_application_plan
from tollway.portal.plans.services.wishes import AGAIN_AFTER


@pytest.fixture
def gold(acme: Provider) -> ApplicationPlan:
    return create_application_plan(acme.product, by=BY, name="Gold")


def test_a_wish_is_told_once_until_it_is_a_day_old(acme: Provider, gold: ApplicationPlan) -> None:
    assert wish_for_plan(acme.application) is None
    assert request_plan(acme.application, gold, by=BY)
    assert not request_plan(acme.application, gold, by=BY)
    earlier = clock.utc_now() - AGAIN_AFTER - timedelta(seconds=1)
    Event.objects.filter(kind="application.plan_requested").update(at=earlier)
    assert request_plan(acme.application, gold, by=BY)


def test_another_wish_is_another(acme: Provider, gold: ApplicationPlan) -> None:
    request_plan(acme.application, gold, by=BY)
    silver = create_application_plan(acme.product, by=BY, name="Silver")
    assert request_plan(acme.application, silver, by=BY)
    wish = wish_for_plan(acme.application)
    assert wish is not None
    assert wish.after["plan"] == "Silver"


def test_a_change_of_plan_settles_it(acme: Provider, gold: ApplicationPlan) -> None:
    request_plan(acme.application, gold, by=BY)
    change_plan(acme.application, gold, by=BY)
    assert wish_for_plan(acme.application) is None


def test_what_cannot_be_wished_for(acme: Provider, globex: Provider) -> None:
    with pytest.raises(ValidationError, match="already"):
        request_plan(acme.application, acme.plan, by=BY)
    with pytest.raises(ValidationError, match="must belong to"):
        request_plan(acme.application, globex.plan, by=BY)
    custom = customize_plan(acme.another_application(name="Second"), by=BY)
    with pytest.raises(ValidationError):
        request_plan(acme.application, custom, by=BY)
    assert wish_for_plan(acme.application) is None
