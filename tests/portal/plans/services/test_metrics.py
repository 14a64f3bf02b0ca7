"""Metrics switched off, hidden, or shown with icons, by plan."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.people import BY, Provider
from tollway.portal.events.selectors import events_of
from tollway.portal.plans import selectors, services
from tollway.portal.plans.models import UsageLimit
from tollway.portal.plans.services.metrics import (
    disable_metric,
    enable_metric,
    update_plan_metric,
)


def limits(acme: Provider) -> list[tuple[str, int]]:
    found = selectors.limits_of(acme.tenant, acme.plan, acme.hits)
    return [(limit.period, limit.value) for limit in found]


def test_a_metric_is_off_by_a_limit_of_zero_in_the_first_free_period(acme: Provider) -> None:
    services.create_limit(acme.plan, acme.hits, by=BY, period="eternity", value=9)
    disable_metric(acme.plan, acme.hits, by=BY)
    assert limits(acme) == [("eternity", 9), ("year", 0)]
    events = events_of(acme.tenant).count()
    disable_metric(acme.plan, acme.hits, by=BY)
    assert limits(acme) == [("eternity", 9), ("year", 0)]
    assert events_of(acme.tenant).count() == events, "it was off already"
    enable_metric(acme.plan, acme.hits, by=BY)
    assert limits(acme) == [("eternity", 9)]


def test_where_every_period_is_limited_somebody_has_to_choose(acme: Provider) -> None:
    for period in UsageLimit.Period.values:
        services.create_limit(acme.plan, acme.hits, by=BY, period=period, value=1)
    with pytest.raises(ValidationError, match="Every period has a limit"):
        disable_metric(acme.plan, acme.hits, by=BY)


def test_a_metric_is_visible_and_limits_are_text_unless_a_plan_says_otherwise(
    acme: Provider,
) -> None:
    def shown() -> dict[int, tuple[bool, bool]]:
        return selectors.shown_metrics_of(acme.tenant, acme.plan)

    assert shown() == {}
    update_plan_metric(acme.plan, acme.hits, by=BY, visible=False)
    assert shown() == {acme.hits.pk: (False, True)}
    update_plan_metric(acme.plan, acme.hits, by=BY, visible=True, limits_only_text=False)
    assert shown() == {acme.hits.pk: (True, False)}
    event = events_of(acme.tenant).last()
    assert event
    assert (event.kind, event.object_id) == ("application_plan.metric_updated", str(acme.plan.pk))
    update_plan_metric(acme.plan, acme.hits, by=BY, visible=None, limits_only_text=None)
    assert shown() == {}
