"""A newcomer's plans in a real browser, with real calls between the clicks.

S49, S50 and so on are the numbers of the statements in the acceptance checklist of 3scale's guide.
It is one walk in one window on the sample product, in the order in which people go; each stretch
begins where the one before it has ended. Limits are per hour, as in the guide: when an hour ends
in the middle, the walk begins again with another tenant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from acceptance.counting import (
    adds_to_the_plan,
    calls_as_a_plugin,
    calls_what_is_mapped,
    calls_without_limits,
    cannot_take_back_what_was_counted,
    imports_what_a_document_describes,
    makes_methods_and_metrics,
    maps_the_calls,
    refines_the_mapping,
    sees_each_metric_by_itself,
    switches_a_metric_off,
    uses_the_method_up,
)
from acceptance.limiting import (
    allows_one_application_or_several,
    changes_the_plan_of_one,
    finds_who_calls,
    lets_go_of_the_limit,
    limits_each_by_itself,
    limits_the_hits,
    looks_at_the_plans,
    makes_more_applications,
    sees_a_limit_in_force_at_once,
    sees_what_is_used,
)
from acceptance.planning import Planner, Stretch, walk_all
from acceptance.world import World, within_one_hour
from portal.console.browsing import CHROMIUM, FLAGS, Ear

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@pytest.fixture
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=10_000)  # as everything that is polled for
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def test_a_newcomer_limits_prices_and_maps_calls(world: World, browser: Browser) -> None:
    def story() -> None:
        with closing(world.another_tenant()) as tenant:
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            ear = Ear(page)
            walk_all(Planner(page, tenant), STRETCHES)
            page.context.close()
        assert not ear.complaints

    within_one_hour(story)


STRETCHES: list[Stretch] = [
    finds_who_calls,
    allows_one_application_or_several,
    makes_more_applications,
    looks_at_the_plans,
    limits_the_hits,
    sees_what_is_used,
    limits_each_by_itself,
    changes_the_plan_of_one,
    sees_a_limit_in_force_at_once,
    makes_methods_and_metrics,
    lets_go_of_the_limit,
    adds_to_the_plan,
    switches_a_metric_off,
    maps_the_calls,
    calls_what_is_mapped,
    sees_each_metric_by_itself,
    uses_the_method_up,
    calls_as_a_plugin,
    calls_without_limits,
    refines_the_mapping,
    imports_what_a_document_describes,
    cannot_take_back_what_was_counted,
]
