"""The walk through plans: who calls, and limits on all of it (checklist S49 to S62, S70)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from acceptance.planning import OVER, PASSED, Planner
from acceptance.world import eventually

PHONE, TABLET, DESK = "Phone", "Tablet", "Desk"
HITS = "Hits per hour"


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


def lets_go_of_the_limit(walk: Planner) -> None:
    """S70."""
    walk.go("Basic")
    walk.limited(HITS, "")
    assert walk.limits("Basic") == []
    eventually(lambda: walk.ask(TABLET) == PASSED, "no limit in force")
