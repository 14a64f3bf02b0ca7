"""A newcomer's plans in a real browser, with real calls between the clicks.

S49, S50 and so on are the numbers of the statements in the acceptance checklist of 3scale's guide.
It is one walk in one window on the sample product, in the order in which people go; each stretch
begins where the one before it has ended. Limits are per hour, as in the guide: when an hour ends
in the middle, the walk begins again with another tenant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from acceptance.planning import (
    FORBIDDEN,
    OVER,
    PASSED,
    UNMATCHED,
    Planner,
    Stretch,
    walk_all,
)
from acceptance.world import World, eventually, within_one_hour
from portal.console.browsing import CHROMIUM, FLAGS, Ear

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

PHONE, TABLET, DESK = "Phone", "Tablet", "Desk"
HITS = "Hits per hour"
TEST = "test per hour"


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


def finds_who_calls(walk: Planner) -> None:
    """S49 to S51: a developer's account has an application, that has a key, and one plan."""
    walk.sign_in()
    walk.open("/buyers/accounts")
    walk.link("Developer").click()
    walk.arrive(r"/buyers/accounts/\d+$")
    walk.noted("Developer")
    walk.page.get_by_role("region", name="Applications").get_by_role("link").last.click()
    walk.arrive(r"/applications/\d+$")
    walk.read_key("sample")
    walk.says("User key", "Basic", "Developer")
    assert walk.ask("sample") == PASSED

    walk.open(f"{walk.base}/application_plans")
    walk.link("Basic").click()
    walk.arrive(r"/apiconfig/application_plans/\d+/edit$")
    walk.noted("Basic")
    walk.page.get_by_role("button", name="Delete Basic").click()
    walk.press("Try to delete it")
    walk.toast("Basic was not deleted")


def allows_one_application_or_several(walk: Planner) -> None:
    """S52: said to the provider, refused to everybody, and not offered to developers."""
    page = walk.page
    walk.switch("Several applications per account", on=False)
    walk.go("Developer")
    account = int(page.url.rpartition("/")[2])
    press_at(walk, "Act as", re.compile("^Go on as "))
    walk.arrive(r"^http://(?!.*-admin\.).*/")
    portal = page.url.partition("/admin")[0].rstrip("/")
    page.goto(f"{portal}/admin/applications")
    expect(page.get_by_role("heading", name="Applications", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="New application")).to_have_count(0)

    walk.go("Developer")
    walk.link("Application").click()
    walk.says("accounts may have one only")
    page.get_by_label("Name", exact=True).fill("One too many")
    page.get_by_role("button", name="Create application").click()
    expect(page.locator(".tw-form-errors")).to_be_visible()
    plan = int(page.get_by_label("Plan", exact=True).input_value())
    status, _ = walk.tenant.refused(
        "POST", f"/accounts/{account}/applications", plan_id=plan, name="One too many"
    )
    assert status == 422

    walk.switch("Several applications per account", on=True)
    page.goto(f"{portal}/admin/applications")
    expect(page.get_by_role("link", name="New application")).to_be_visible()


def press_at(walk: Planner, *names: str | re.Pattern[str]) -> None:
    """Press one button after the other, each on the page that the one before has led to."""
    for name in names:
        with walk.page.expect_navigation():
            walk.page.get_by_role("button", name=name).first.click()


def makes_more_applications(walk: Planner) -> None:
    """S50, S51: each with a plan, which cannot be left out; and S55, from one plan to another."""
    for name, plan in ((PHONE, "Basic"), (TABLET, "Basic"), (DESK, "Unlimited")):
        walk.go("Developer")
        walk.link("Application").click()
        walk.page.get_by_label("Name", exact=True).fill(name)
        plans = walk.page.get_by_label("Plan", exact=True)
        assert all(each.get_attribute("value") for each in plans.locator("option").all())
        plans.select_option(label=f"API: {plan}")
        walk.press("Create application")
        walk.says(name, plan)
        walk.read_key(name)
    walk.go("Developer")
    walk.says(PHONE, TABLET, DESK)
    for name in (PHONE, TABLET, DESK):
        walk.product.serves(walk.keys[name])


def looks_at_the_plans(walk: Planner) -> None:
    """S53: by the address in the guide."""
    walk.open(f"{walk.base}/application_plans")
    row = walk.page.get_by_role("row", name="Basic")
    expect(row).to_contain_text("Published")
    walk.link("Unlimited").click()
    walk.noted("Unlimited")
    walk.go("Basic")
    expect(walk.row("Hits").first).to_be_visible()
    expect(walk.cell(HITS)).to_have_text("∞")


def limits_the_hits(walk: Planner) -> None:
    """S54, S56, S57, S60: what came before counts too, and nothing is promoted."""
    version = walk.product.version()
    assert walk.asks(PHONE, "/", "/") == [PASSED, PASSED]
    walk.limited(HITS, "3")
    walk.product.limits(walk.keys[PHONE], 3)
    assert walk.limits("Basic") == [("hits", "hour", 3)]
    walk.go(PHONE)
    walk.uses("Hits", "hour", 2, 3)
    assert walk.asks(PHONE, "/", "/") == [PASSED, OVER]
    assert walk.product.version() == version


def sees_what_is_used(walk: Planner) -> None:
    """S58, S62: full, red, until when, and how many were refused."""
    walk.uses("Hits", "hour", 3, 3)
    expect(walk.used("Hits", "hour")).to_have_class(re.compile("tw-meter--full"))
    ends = datetime.now(UTC).replace(minute=0) + timedelta(hours=1)
    limits = walk.page.get_by_role("region", name="Limits now")
    expect(limits).to_contain_text(f"1 call refused by it, until {ends:%-d %b, %H:%M} UTC")
    expect(limits).to_contain_text("100 %")
    walk.go("Basic")
    expect(walk.page.get_by_role("region", name="Close to a limit now")).to_contain_text(PHONE)


def limits_each_by_itself(walk: Planner) -> None:
    """S59, S61."""
    assert walk.asks(TABLET, *["/"] * 4) == [PASSED, PASSED, PASSED, OVER]
    assert walk.asks(DESK, *["/"] * 5) == [PASSED] * 5


def changes_the_plan_of_one(walk: Planner) -> None:
    """S55: it is said what that means, and it holds from the next call; so does taking it back."""
    walk.go(PHONE)
    walk.page.get_by_label("Move to").select_option(label="Unlimited")
    walk.press("Change plan")
    walk.says("Move to Unlimited?", "Hits per hour", "no limit")
    walk.press("Move to Unlimited")
    walk.toast(f"{PHONE} is on Unlimited")
    eventually(lambda: walk.ask(PHONE) == PASSED, "the other plan in force")
    walk.undo(f"{PHONE} is on Unlimited")
    walk.toast(f"{PHONE} is on Basic")
    eventually(lambda: walk.ask(PHONE) == OVER, "the plan of before in force again")


def sees_a_limit_in_force_at_once(walk: Planner) -> None:
    """S60, S68, and back by Undo. The times are printed, not asserted."""
    walk.go("Basic")
    walk.limited(HITS, "900")
    eventually(lambda: walk.ask(PHONE) == PASSED, "a higher limit, typed, in force")
    walk.undo(f"{HITS} is now 900")
    eventually(lambda: walk.ask(PHONE) == OVER, "a limit that was put back in force")
    expect(walk.cell(HITS)).to_have_text("3")

    walk.limited(HITS, "900")
    eventually(lambda: walk.ask(PHONE) == PASSED, "a higher limit, typed again, in force")
    walk.limit(HITS, "2")
    walk.says("2 of 3 applications would be refused at once", "Nothing has been changed yet")
    walk.page.get_by_role("button", name="Set it to 2").click()
    eventually(lambda: walk.ask(PHONE) == OVER, "a lower limit in force")
    walk.undo(f"{HITS} is now 2")
    eventually(lambda: walk.ask(PHONE) == PASSED, "the higher one in force again by Undo")


def makes_methods_and_metrics(walk: Planner) -> None:
    """S63, S67, S69: on their own page, where it is said what no rule counts."""
    walk.open(f"{walk.base}/metrics")
    walk.link("New metric").click()
    walk.page.get_by_label("Name", exact=True).fill("Pages")
    walk.page.get_by_label("System name").fill("pages")
    walk.is_asked_for("Unit", "Create metric")
    walk.page.get_by_label("Unit").fill("page")
    walk.press("Create metric")
    walk.page.get_by_role("link", name=re.compile(r"^Metrics \d")).click()
    row = walk.page.get_by_role("row", name="Pages")
    expect(row).to_contain_text("Not mapped")
    walk.link("Pages").click()
    walk.says("System name", "fixed: rules and plugins name it")
    walk.page.go_back()
    walk.page.get_by_role("link", name="Add a rule for Pages").click()
    walk.page.get_by_label("Pattern").fill("/pages")
    walk.page.get_by_label("Count each call as").fill("0")
    walk.is_asked_for("Count each call as", "Add rule")
    walk.page.get_by_label("Count each call as").fill("2")
    walk.press("Add rule")
    walk.staging("/pages")
    assert walk.counted() == {"pages +2", "hits +1"}, "one call, two metrics (S64)"


def lets_go_of_the_limit(walk: Planner) -> None:
    """S70."""
    walk.go("Basic")
    walk.limited(HITS, "")
    assert walk.limits("Basic") == []
    eventually(lambda: walk.ask(TABLET) == PASSED, "no limit in force")


def adds_to_the_plan(walk: Planner) -> None:
    """S71 to S73: without leaving it."""
    page = walk.page
    walk.go("Basic")
    walk.link("Method").click()
    page.get_by_label("Name", exact=True).fill("test")
    page.get_by_label("System name").fill("test")
    walk.press("Create method")
    walk.toast("test is a method")
    expect(walk.row("test")).to_contain_text("Method · test")
    for name in ("v1", "v2"):
        walk.link("Metric").click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("System name").fill(name)
        walk.is_asked_for("Unit", "Create metric")
        page.get_by_label("Unit").fill("call")
        walk.press("Create metric")
        walk.toast(f"{name} is a metric")
        expect(walk.row(name)).to_contain_text(f"{name} · call")
    walk.limited(TEST, "5")
    assert walk.limits("Basic") == [("test", "hour", 5)]


def switches_a_metric_off(walk: Planner) -> None:
    """S74, S75: by the switch, or by a limit of zero."""
    switch = walk.page.get_by_role("switch", name="v2 enabled")
    switch.click()
    walk.toast("v2 enabled is off")
    expect(walk.row("v2")).to_contain_text("Off in this plan")
    assert ("v2", 0) in {(metric, value) for metric, _, value in walk.limits("Basic")}
    switch.click()
    walk.toast("v2 enabled is on")
    expect(walk.row("v2")).not_to_contain_text("Off in this plan")
    assert walk.limits("Basic") == [("test", "hour", 5)]

    walk.limit("v2 per hour", "0")
    expect(walk.row("v2")).to_contain_text("Off in this plan")
    expect(switch).not_to_be_checked()


def maps_the_calls(walk: Planner) -> None:
    """S76 to S79: beside the sample's rule for everything a call counts twice."""
    page = walk.page
    for pattern, metric in (("/v1", "v1"), ("/v2", "v2"), ("/{version}/test", "test")):
        walk.open(f"{walk.base}/proxy_rules")
        walk.link("Add rule").click()
        page.get_by_label("Pattern").fill(pattern)
        page.get_by_label("Metric or method").select_option(label=f"{metric} ({metric})")
        walk.press("Add rule")
    row = page.get_by_role("row").filter(has_text="/{version}/test")
    for words in ("GET", "test", "Method of hits", "+1"):
        expect(row).to_contain_text(words)
    assert walk.ask(DESK, "/missing") == PASSED, "the rules are not on staging yet"

    walk.staging("/v1/test")
    assert walk.counted() == {"v1 +1", "test +1", "hits +2"}
    walk.open(f"{walk.base}/proxy_rules")
    page.get_by_role("button", name="More for GET /", exact=True).click()
    page.get_by_role("button", name="Delete").locator("visible=true").click()
    walk.toast("GET /")
    version = walk.product.version()
    assert walk.ask(DESK, "/missing") == PASSED, "the rule is still there"
    walk.staging("/v1/test")
    assert walk.counted() == {"v1 +1", "test +1", "hits +1"}
    assert walk.product.version() == version + 1


def calls_what_is_mapped(walk: Planner) -> None:
    """S81 to S84, of an application that has not called these before."""
    assert walk.ask(PHONE, "/v2/test") == FORBIDDEN
    assert walk.asks(PHONE, *["/v1/test"] * 6) == [PASSED] * 5 + [OVER]
    assert walk.ask(PHONE, "/missing") == UNMATCHED
    walk.go(PHONE)
    walk.uses("test", "hour", 5, 5)
    expect(walk.page.get_by_role("region", name="Limits now")).to_contain_text(
        "Off in this plan: 1 refused"
    )


def sees_each_metric_by_itself(walk: Planner) -> None:
    """S63, S122: what was refused or matched nothing is not in it."""
    for metric, calls in (("test", 5), ("v1", 5), ("v2", 0)):
        eventually(partial(has_recorded, walk, metric, calls), f"{metric} in the chart")


def has_recorded(walk: Planner, metric: str, calls: int) -> bool:
    walk.page.get_by_label("Metric", exact=True).select_option(label=metric)
    walk.press("Show")
    usage = walk.page.get_by_role("region", name="Usage")
    return usage.locator(".card-body b").first.inner_text() == str(calls)


def uses_the_method_up(walk: Planner) -> None:
    """S85, S86: whatever the version is, it counts on the same method."""
    assert walk.asks(TABLET, *["/noversion/test"] * 5) == [PASSED] * 5
    assert walk.asks(TABLET, "/v1/test", "/noversion/test") == [OVER, OVER]


def calls_as_a_plugin(walk: Planner) -> None:
    """S80: the names of the metrics, where there is no gateway."""
    asked = walk.tenant.get(
        f"{walk.platform['authority']}/transactions/authrep.xml",
        **{
            "service_token": walk.product.token(),
            "service_id": str(walk.product.id),
            "user_key": walk.keys[DESK],
            "usage[test]": "1",
            "usage[v1]": "1",
        },
    )
    assert asked.status_code == 200
    assert "<authorized>true</authorized>" in asked.text


def calls_without_limits(walk: Planner) -> None:
    """S89."""
    paths = [*["/v1/test"] * 7, *["/v2/test"] * 7]
    assert walk.asks(DESK, *paths) == [PASSED] * len(paths)


def refines_the_mapping(walk: Planner) -> None:
    """S87."""
    page = walk.page
    walk.open(f"{walk.base}/proxy_rules")
    walk.link("/{version}/test").click()
    page.get_by_label("Pattern").fill("/v1/test$")
    walk.press("Save rule")
    walk.link("Add rule").click()
    page.get_by_label("Pattern").fill("/v2/test$")
    page.get_by_label("Metric or method").select_option(label="test (test)")
    walk.press("Add rule")
    assert walk.ask(DESK, "/noversion/test") == PASSED
    walk.staging("/v1/test")
    assert walk.ask(DESK, "/noversion/test") == UNMATCHED
    assert walk.asks(DESK, "/v1/test", "/v2/test") == [PASSED, PASSED]


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
]
