"""An application's plan: another one of its product, or one of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.applications.services import (
    create_application,
    delete_account,
    delete_application,
    unsubscribe,
)
from tollway.portal.applications.services.plans import (
    change_plan,
    customize_plan,
    decustomize_plan,
)
from tollway.portal.events.selectors import events_of
from tollway.portal.plans.models import ApplicationPlan
from tollway.portal.plans.services import create_application_plan, create_limit

CUSTOM = ApplicationPlan.objects.filter(parent__isnull=False)


def test_a_plan_is_customised_once_and_restored(acme: Provider) -> None:
    custom = customize_plan(acme.application, by=BY)
    acme.application.refresh_from_db()
    assert (acme.application.plan, custom.parent) == (custom, acme.plan)
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.before) == (
        "application.plan_customized", {"plan_id": acme.plan.pk},
    )  # fmt: skip
    assert customize_plan(acme.application, by=BY) == custom
    create_limit(custom, acme.hits, by=BY, period="hour", value=3)
    assert decustomize_plan(acme.application, by=BY) == acme.plan
    assert not CUSTOM.exists()
    assert decustomize_plan(acme.application, by=BY) == acme.plan
    acme.application.refresh_from_db()
    assert acme.application.plan == acme.plan
    kinds = [each.kind for each in events_of(acme.tenant)]
    assert kinds.count("application.plan_decustomized") == 1


def test_each_application_has_a_custom_plan_of_its_own(acme: Provider) -> None:
    other = acme.another_application()
    mine, others = (customize_plan(each, by=BY) for each in (acme.application, other))
    assert mine != others
    for target in (others, mine):
        with pytest.raises(ValidationError, match="must not be a custom plan"):
            create_application(acme.account, by=BY, plan=target, name="Another")
    with pytest.raises(ValidationError, match="must not be a custom plan"):
        change_plan(other, mine, by=BY)


@pytest.mark.parametrize(
    "end",
    [
        lambda p: change_plan(
            p.application, create_application_plan(p.product, by=BY, name="Gold"), by=BY
        ),
        lambda p: change_plan(p.application, p.plan, by=BY),
        lambda p: delete_application(p.application, by=BY),
        lambda p: unsubscribe(p.account.service_subscriptions.get(), by=BY),
        lambda p: delete_account(p.account, by=BY),
        lambda p: p.tenant.delete(),
    ],
    ids=["another plan", "its parent", "deleted", "unsubscribed", "account", "tenant"],
)
def test_a_custom_plan_ends_with_its_use(acme: Provider, end: Callable[[Provider], object]) -> None:
    custom = customize_plan(acme.application, by=BY)
    create_limit(custom, acme.hits, by=BY, period="hour", value=3)
    end(acme)
    assert not CUSTOM.exists()
