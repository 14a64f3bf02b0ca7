"""The dashboard: what each user sees, what needs them, how the way to go live is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.console.dashboard.rows import answered, used
from portal.console.visiting import admin, member, text
from portal.people import BY, PASSWORD, Provider
from tollway import clock
from tollway.core import alerts
from tollway.core.periods import Period
from tollway.portal.accounts.models import User
from tollway.portal.accounts.services import change_account_state, create_user
from tollway.portal.analytics.models import ReachedLevel
from tollway.portal.applications.models import Application
from tollway.portal.catalog.models import Proxy
from tollway.portal.catalog.services import deploy, promote, update_proxy
from tollway.portal.console.dashboard import (
    attention,
    example,
    numbers,
    operator,
    overview,
    recent,
    steps,
    traffic,
)
from tollway.portal.console.sight import Sight
from tollway.portal.events.actors import Actor
from tollway.portal.golive import services as golive
from tollway.portal.golive.models import Milestone
from tollway.portal.plans.services import create_limit, create_product
from tollway.portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db

DASHBOARD, LIVE = "/p/admin/dashboard", "/p/admin/dashboard/live"
SECTIONS = User.Section


def live(client: Client) -> Any:
    return json.loads(client.get(LIVE).content)


def serve(provider: Provider) -> None:
    by = Actor("user", str(provider.admin.pk))
    deploy(provider.product, by=by)
    promote(provider.product, by=by, version=1)


def test_the_numbers_and_the_chart_are_those_of_the_last_day(
    acme: Provider, globex: Provider
) -> None:
    used(acme, 1234)
    used(acme, 66, ago_s=2 * 3600)
    used(globex, 5)
    answered(acme, 502, 3)
    client = admin(acme)
    page = text(client.get(DASHBOARD))
    for told in ("Calls 1,300", "Reported errors (5xx) 3", "Applications that called 1 of 1"):
        assert told in page
    found = live(client)
    assert found["values"]["calls"] == found["values"][f"product-{acme.product.pk}"] == "1,300"
    assert found["values"]["server_errors"] == "3"
    assert found["values"]["new_accounts"] == "1"
    assert sum(found["chart"]["series"][0]["data"]) == 1300
    assert found["chart"]["series"][0]["data"][-1] == 1234
    used(acme, 1, application_id=4711)
    assert live(client)["values"]["calls"] == "1,301"
    assert live(client)["values"]["active_applications"] == "2"


def test_a_member_sees_what_the_permissions_are_for(acme: Provider) -> None:
    serve(acme)
    used(acme, 5)
    change_account_state(acme.account, "make_pending", by=BY)
    Application.objects.update(state="live")
    seen: dict[str, set[str]] = {}
    told = [
        "Live numbers", "Traffic", "New accounts", "Call API", "user_key", "waits for approval",
        "Applications</th>", "Calls, 24 h", "promoted",
    ]  # fmt: skip
    for sections in ([], [SECTIONS.MONITORING], [SECTIONS.PARTNERS], [SECTIONS.PLANS]):
        client = member(acme, *sections, name=f"m-{'-'.join(sections)}-")
        page = client.get(DASHBOARD).content.decode()
        seen["".join(sections)] = {each for each in told if each in page}
        allowed = SECTIONS.MONITORING in sections
        assert client.get(LIVE).status_code == (200 if allowed else 403)
    assert seen == {
        "": set(),
        "monitoring": {"Live numbers", "Traffic", "Calls, 24 h"},
        "partners": {
            "Live numbers", "New accounts", "Call API", "waits for approval", "user_key",
            "Applications</th>",
        },
        "plans": {"promoted"},
    }  # fmt: skip


def test_a_member_is_kept_to_some_products_everywhere(acme: Provider) -> None:
    serve(acme)
    other = acme.another_product("Timetables")
    used(acme, 3)
    used(acme, 40, product=other, application_id=77)
    client = member(acme, *SECTIONS.values, products=[other.pk])
    page = client.get(DASHBOARD).content.decode()
    assert "Timetables" in page
    assert ">API<" not in page
    assert "Call API" not in page
    assert live(client)["values"]["calls"] == "40"
    assert set(live(client)["values"]) >= {f"product-{other.pk}"}
    assert f"product-{acme.product.pk}" not in live(client)["values"]


def cost(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(DASHBOARD).status_code == 200
    return len(found)


def warm_cost(client: Client) -> int:
    """Return what it costs beside others, also when a minute ends just then."""
    client.get(DASHBOARD)
    return min(cost(client), cost(client))


READ_ONCE_A_MINUTE = 10  # and kept for all of a tenant's dashboards


@pytest.mark.parametrize(
    ("act", "queries"),
    [
        (lambda provider: None, 25),
        (serve, 25),
        (lambda p: create_limit(p.plan, p.hits, by=BY, period="hour", value=3), 27),
        (lambda p: golive.reach(p.tenant, Milestone, by=BY), 22),
    ],
)
def test_a_dashboard_costs_so_many_queries(
    acme: Provider, act: Callable[[Provider], object], queries: int
) -> None:
    act(acme)
    client = admin(acme)
    assert warm_cost(client) == queries
    traffic.forget()
    numbers.forget()
    assert cost(client) == queries + READ_ONCE_A_MINUTE


def test_the_number_of_queries_is_the_same_for_any_number_of_products(acme: Provider) -> None:
    client = admin(acme)
    serve(acme)
    acme.another_product("First")
    few = warm_cost(client)
    for number in range(30):
        product = create_product(acme.tenant, by=BY, name=f"P {number}")
        used(acme, 1, product=product, application_id=1000 + number)
    traffic.forget()
    assert warm_cost(client) == few
    page = text(client.get(DASHBOARD))
    assert "P 29" not in page, "eight products are shown, by calls and name"


def test_versions_that_wait_on_staging_need_somebody(acme: Provider) -> None:
    client = admin(acme)
    assert "Nothing waits for you." in text(client.get(DASHBOARD))
    deploy(acme.product, by=BY)
    assert "API has v1 on staging, production runs nothing" in text(client.get(DASHBOARD))
    serve(acme)
    assert "Nothing waits for you." in text(client.get(DASHBOARD))
    update_proxy(acme.product, by=BY, api_test_path="/other")
    page = text(client.get(DASHBOARD))
    assert "API has v2 on staging, production runs v1" in page
    assert "v1, v2 waits" in page


def test_more_products_than_a_few_wait_in_one_line(acme: Provider) -> None:
    versions = {pk: attention.Versions(2, 1) for pk in range(1, 6)}
    names = {pk: f"P{pk}" for pk in range(1, 6)}
    found = list(attention._promotions(names, versions))
    assert [need.subject for need in found] == ["P1", "P2", "P3", "2 products more"]


def test_who_waits_for_approval_needs_somebody(acme: Provider) -> None:
    change_account_state(acme.account, "make_pending", by=BY)
    acme.another_application()
    Application.objects.filter(name="Another").update(state="pending")
    page = text(admin(acme).get(DASHBOARD))
    assert "1 account waits for approval, the oldest came" in page
    assert "1 application waits for approval" in page


def test_limits_that_are_used_up_need_somebody(acme: Provider, globex: Provider) -> None:
    def reach(level: int, period: Period, at: int) -> None:
        window = alerts.occasion(period, at)
        ReachedLevel.objects.update_or_create(
            application=acme.application, metric_id=acme.hits.pk, period=period,
            defaults={"tenant": acme.tenant, "window": window, "level": level},
        )  # fmt: skip

    client = admin(acme)
    reach(120, Period.HOUR, clock.now() - 7200)
    reach(90, Period.DAY, clock.now())
    assert "Nothing waits for you." in text(client.get(DASHBOARD))
    reach(120, Period.HOUR, clock.now())
    assert "App has used 120 % of its hits per hour" in text(client.get(DASHBOARD))
    assert "Nothing waits for you." in text(admin(globex).get(DASHBOARD))


def test_events_are_told_newest_first_and_alike_ones_together(acme: Provider) -> None:
    serve(acme)
    for number in range(3):
        acme.another_product(f"More {number}")
    page = text(admin(acme).get(DASHBOARD))
    assert page.index("4 products added") < page.index("API promoted to production, v1")
    assert "API promoted to production, v1 admin" in page
    assert len(recent.SECTIONS) > 10


def test_the_four_parts_begin_with_the_first_and_lead_to_their_pages(acme: Provider) -> None:
    client = admin(acme)
    page = client.get(DASHBOARD).content.decode()
    assert "0 of 4 done" in page
    for part in steps.PARTS:
        assert part.title in page
    assert page.count('class="is-now"') == 1
    for path in ("Prototype", "Basic", "Advanced"):
        assert path in page
    assert "0 / 8" in text(client.get(DASHBOARD))


def test_done_steps_say_what_3scales_list_says(acme: Provider) -> None:
    Proxy.objects.update(api_test_success=True)
    serve(acme)
    client = admin(acme)
    page = text(client.get(DASHBOARD))
    assert "Done: Add your API endpoint and hit save & test" in page
    assert "Done: Deploy your API Gateway to production on APIcast" in page
    assert "Done: Verify" not in page
    assert "With the Echo API" in page
    ticks = steps.parts(frozenset(Milestone), acme.product.pk)
    assert all(part.done for part in ticks)
    said = {f"Done: {tick.title}" for part in ticks for tick in part.ticks}
    assert "Done: Verify the test call was recorded" in said


def test_the_steps_are_closed_for_one_user_until_they_reopen_them(acme: Provider) -> None:
    client, other = admin(acme), member(acme)
    assert client.post("/p/admin/go_live_state", {"closed": "1"}).status_code == 302
    page = client.get(DASHBOARD).content.decode()
    assert 'id="golive"' not in page
    assert "The go-live steps are hidden" in page
    assert 'action="/p/admin/go_live_state"' in page
    client.post("/p/logout")
    again = admin(acme)
    assert 'id="golive"' not in again.get(DASHBOARD).content.decode(), "it survives signing in"
    assert 'id="golive"' in other.get(DASHBOARD).content.decode()
    assert again.get("/p/admin/go_live_state")["Location"] == DASHBOARD
    again.post("/p/admin/go_live_state")
    assert 'id="golive"' in again.get(DASHBOARD).content.decode()


@pytest.mark.parametrize("path", steps.PATHS, ids=lambda path: path.name)
def test_each_guided_path_has_a_page_with_its_steps(acme: Provider, path: steps.Path) -> None:
    client = admin(acme)
    page = text(client.get(f"/p/admin/dashboard/paths/{path.name}"))
    assert f"0 of {len(path.steps)} done" in page
    for step in path.steps:
        assert step.title in page
    assert client.get("/p/admin/dashboard/paths/unknown").status_code == 404


def test_every_milestone_is_a_step_somewhere() -> None:
    used_steps = [step.milestone for path in steps.PATHS for step in path.steps]
    assert sorted(used_steps) == sorted(Milestone)
    on_the_card = {step for part in steps.PARTS for step in part.steps}
    assert on_the_card <= {step for path in steps.PATHS for step in path.steps}


def test_the_call_card_shows_a_line_that_can_be_pasted(acme: Provider) -> None:
    client = admin(acme)
    assert "Nothing can be called yet" in text(client.get(DASHBOARD))
    serve(acme)
    page = client.get(DASHBOARD).content.decode()
    assert f"user_key={acme.application.user_key}" in page
    assert "on production, as App of Developer" in text(client.get(DASHBOARD))
    shown = example.example_for(Sight(acme.tenant, acme.admin, None))
    assert shown
    assert (shown.application, shown.environment) == (acme.application, "production")
    assert example.example_for(Sight(acme.tenant, acme.admin, frozenset())) is None


def test_a_plugin_has_no_production(acme: Provider) -> None:
    assert overview.production_state(attention.Versions()) == ("Not promoted", "")
    assert overview.production_state(attention.Versions(5, 4)) == ("v4, v5 waits", "wait")
    assert overview.production_state(attention.Versions(4, 4)) == ("v4", "go")


def operators() -> Client:
    client = Client(headers={"host": "master.localhost:3000"})
    client.post("/p/login", {"username": "master", "password": PASSWORD})
    return client


def test_the_operator_sees_the_organisations(acme: Provider, globex: Provider) -> None:
    used(acme, 1500)
    Tenant.objects.filter(pk=globex.tenant.pk).update(state="suspended")
    client = operators()
    page = text(client.get(DASHBOARD))
    assert "Acme acme Approved 1,500 1" in page
    assert "Globex globex Suspended 0 1" in page
    assert "http://acme-admin.localhost:3000/" in client.get(DASHBOARD).content.decode()
    assert "Globex" not in text(client.get(f"{DASHBOARD}?q=acm"))
    for sort in operator.SORTS:
        pages = [text(client.get(f"{DASHBOARD}?sort={way}{sort}")) for way in ("", "-")]
        orders = [page.index("Acme acme") < page.index("Globex globex") for page in pages]
        assert orders[0] != orders[1]
    assert client.get(f"{DASHBOARD}?sort=-created&page=9").status_code == 200
    for path in (LIVE, "/p/admin/dashboard/paths/basic", "/p/admin/go_live_state"):
        assert client.get(path).status_code == 404


def test_a_member_of_the_operator_s_needs_the_permission_to_see_organisations(
    acme: Provider,
) -> None:
    create_user(
        Tenant.objects.get(subdomain="master"),
        by=BY,
        username="member",
        email="m@op.example",
        password=PASSWORD,
    )
    User.objects.filter(username="member").update(state=User.State.ACTIVE)
    client = Client(headers={"host": "master.localhost:3000"})
    client.post("/p/login", {"username": "member", "password": PASSWORD})
    page = text(client.get("/p/admin/dashboard"))
    assert "You need the permission “Partners”" in page
    found = text(client.post("/p/admin/palette", {"q": "acme"}))
    assert "Acme" not in page + found

    User.objects.filter(username="member").update(allowed_sections=[User.Section.PARTNERS])
    assert "Acme" in text(client.get("/p/admin/dashboard"))
    assert "Acme" in text(client.post("/p/admin/palette", {"q": "acme"}))


def test_the_operators_list_costs_the_same_for_many(acme: Provider, globex: Provider) -> None:
    client = operators()
    with CaptureQueriesContext(connection) as found:
        client.get(DASHBOARD)
    few = len(found)
    Tenant.objects.bulk_create(
        Tenant(
            org_name=f"T{n}", subdomain=f"t{n}", provider_key_digest=f"{n}", provider_key_sealed=b""
        )
        for n in range(60)
    )
    with CaptureQueriesContext(connection) as found:
        assert "of 62 organisations" in text(client.get(DASHBOARD))
    assert len(found) == few
