"""The walk through plans: methods, metrics and what counts on them (checklist S63 to S89)."""

from __future__ import annotations

import json
import re
from functools import partial

from playwright.sync_api import expect

from acceptance.limiting import DESK, PHONE, TABLET
from acceptance.planning import FORBIDDEN, OVER, PASSED, UNMATCHED, Planner
from acceptance.world import eventually

TEST = "test per hour"


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


def imports_what_a_document_describes(walk: Planner) -> None:
    """S65: more than twenty methods at once, which stay easy to find, to limit and to call."""
    page = walk.page
    names = [f"shelf{number}" for number in range(24)]
    walk.open("/admin/api_docs/services/new")
    page.get_by_label("Name", exact=True).fill("Shelves")
    page.get_by_label("Product").select_option(label="API")
    page.get_by_label("Document", exact=True).fill(describing(names))
    walk.press("Add the document")
    walk.open(f"{walk.base}/metrics")
    walk.link("Import").click()
    page.get_by_label("Document", exact=True).select_option(label="Shelves")
    walk.press("Show")
    walk.says("24 ticked", "5 to 20 methods are easy to limit")
    page.get_by_label("Tick GET /shelf23$", exact=True).uncheck()
    walk.press("Make methods and rules")
    walk.toast("23 methods and 23 mapping rules are there")

    walk.go("Basic")
    page.get_by_label("Find a metric").fill("shelf 7")
    expect(walk.row("Shelf 7")).to_be_visible()
    expect(walk.row("Hits").first).to_be_hidden()
    walk.limited("Shelf 7 per hour", "1")
    walk.staging("/shelf7")
    assert walk.counted() == {"shelf7 +1", "hits +1"}
    assert walk.asks(TABLET, "/shelf7", "/shelf7", "/shelf8") == [PASSED, OVER, PASSED]
    assert walk.ask(TABLET, "/shelf23") == UNMATCHED


def describing(names: list[str]) -> str:
    """Return an API document with an operation of each name."""
    paths = {
        f"/{name}": {
            "get": {
                "operationId": name,
                "summary": name.replace("shelf", "Shelf "),
                "responses": {"200": {"description": "The echo"}},
            }
        }
        for name in names
    }
    info = {"title": "Shelves", "version": "1"}
    return json.dumps({"openapi": "3.0.3", "info": info, "paths": paths})


def cannot_take_back_what_was_counted(walk: Planner) -> None:
    """S66: neither a rule nor a report counts less than nothing."""
    page = walk.page
    walk.open(f"{walk.base}/proxy_rules")
    walk.link("/shelf7$").click()
    for delta in ("0", "-1"):
        page.get_by_label("Count each call as").fill(delta)
        walk.is_asked_for("Count each call as", "Save rule")
    status, said = walk.tenant.refused(
        "POST", f"{walk.product.path}/proxy/mapping_rules", http_method="GET", pattern="/less",
        metric_id=walk.product.metrics["hits"], delta=-1,
    )  # fmt: skip
    assert (status, said) == (422, {"delta": ["must be greater than 0"]})

    before = walk.product.used(walk.keys[TABLET])
    for value in ("-1", "0"):
        walk.reports(TABLET, "shelf7", value)
    eventually(partial(is_told_of, walk, "-1"), "a report of less than nothing among the errors")
    assert walk.product.used(walk.keys[TABLET]) == before
    walk.go(TABLET)
    walk.uses("Shelf 7", "hour", 1, 1)


def is_told_of(walk: Planner, value: str) -> bool:
    walk.open(f"{walk.base}/errors")
    told = f'usage value "{value}" for metric "shelf7" is invalid'
    return told in walk.page.locator("body").inner_text()
