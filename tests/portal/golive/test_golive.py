"""What a tenant has reached: told from facts, and kept whatever comes after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.analytics.streams import Listed
from portal.people import BY, Provider
from tollway import clock
from tollway.portal.accounts.services import change_account_state, update_tenant
from tollway.portal.analytics.models import Meter, ReachedLevel
from tollway.portal.analytics.services import record
from tollway.portal.applications.services import sign_up, update_product
from tollway.portal.catalog.models import Product, Proxy
from tollway.portal.catalog.services import (
    create_backend,
    create_backend_usage,
    create_mapping_rule,
    create_method,
    deploy,
    promote,
)
from tollway.portal.events import services as events
from tollway.portal.events.actors import SYSTEM, Actor
from tollway.portal.golive import facts, selectors, services
from tollway.portal.golive.models import Milestone, Reached
from tollway.portal.plans.services import create_limit, create_pricing_rule, delete_limit
from tollway.store.spending import UsageEvent

pytestmark = pytest.mark.django_db

M = Milestone
Act = Callable[[Provider], object]


def passed(provider: Provider, *, success: bool = True) -> None:
    Proxy.objects.filter(product=provider.product).update(api_test_success=success)


def called(provider: Provider, count: int = 1) -> None:
    wire = str(provider.product.pk), provider.application.application_id
    event = UsageEvent(*wire, clock.now(), 200, [(str(provider.hits.pk), count)])
    record(Listed([event]), at=clock.now())


def promoted(provider: Provider, by: Actor | None = None) -> None:
    by = by or Actor("user", str(provider.admin.pk))
    deploy(provider.product, by=by)
    promote(provider.product, by=by, version=1)


def joined(provider: Provider) -> None:
    sign_up(provider.tenant, by=BY, org_name="Night Bus", username="maya", email="m@night.example")


def approved(provider: Provider) -> None:
    change_account_state(provider.account, "make_pending", by=BY)
    change_account_state(provider.account, "approve", by=BY)


def own_api(provider: Provider) -> None:
    backend = create_backend(
        provider.tenant, by=BY, name="Mine", private_endpoint="https://api.acme.example"
    )
    create_backend_usage(provider.product, by=BY, backend=backend, path="/mine")


def part(provider: Provider, *, limit: int | None = None, rule: bool = False) -> None:
    method = create_method(provider.product, by=BY, friendly_name="Search")
    if rule:
        create_mapping_rule(
            provider.product, by=BY, metric=method, http_method="GET", pattern="/search", delta=1
        )
    if limit is not None:
        create_limit(provider.plan, method, by=BY, period="day", value=limit)


def full(provider: Provider) -> None:
    ReachedLevel.objects.create(
        tenant=provider.tenant, application=provider.application, metric_id=provider.hits.pk,
        period="minute", window=0, level=100,
    )  # fmt: skip


def product(**changes: object) -> Act:
    return lambda provider: update_product(provider.product, by=BY, **changes)


def both(first: Act, second: Act) -> Act:
    def act(provider: Provider) -> None:
        first(provider)
        second(provider)

    return act


def limit(period: str, value: int) -> Act:
    return lambda provider: create_limit(
        provider.plan, provider.hits, by=BY, period=period, value=value
    )


def calls(count: int) -> Act:
    return partial(called, count=count)


REACH: list[tuple[Act, set[Milestone]]] = [
    (lambda provider: None, set()),
    (passed, {M.API_TESTED}),
    (lambda provider: passed(provider, success=False), set()),
    (called, set()),
    (both(passed, called), {M.API_TESTED, M.TEST_RECORDED}),
    (promoted, {M.DEPLOYED}),
    (lambda provider: promoted(provider, SYSTEM), set()),
    (limit("hour", 3), {M.LIMIT_SET}),
    (both(limit("hour", 3), calls(3)), {M.LIMIT_SET, M.LIMIT_SEEN}),
    (both(limit("month", 5), calls(4)), {M.LIMIT_SET}),
    (both(limit("month", 5), calls(5)), {M.LIMIT_SET, M.LIMIT_SEEN}),
    (both(limit("eternity", 5), calls(9)), {M.LIMIT_SET, M.LIMIT_SEEN}),
    (both(limit("minute", 1), calls(9)), {M.LIMIT_SET}),
    (full, {M.LIMIT_SEEN}),
    (joined, {M.DEVELOPER_JOINED}),
    (approved, {M.ACCOUNT_APPROVED}),
    (lambda p: update_tenant(p.tenant, by=BY, site_access_code=""), {M.PORTAL_OPENED}),
    (own_api, {M.OWN_API, M.SEVERAL_BACKENDS}),
    (part, {M.METRIC_ADDED}),
    (lambda p: part(p, rule=True), {M.METRIC_ADDED, M.RULE_ADDED}),
    (lambda p: part(p, limit=5), {M.METRIC_ADDED, M.LIMIT_SET, M.PART_LIMITED}),
    (lambda p: part(p, limit=0), {M.METRIC_ADDED, M.PART_SWITCHED_OFF}),
    (product(notification_settings={"web_provider": [80]}), {M.ALERTS_CHOSEN}),
    (product(notification_settings={"web_provider": []}), set()),
    (product(deployment_option="self_managed"), {M.SELF_MANAGED}),
    (product(backend_version="oidc"), {M.OPENID_CONNECT}),
    (lambda p: create_pricing_rule(p.plan, p.hits, by=BY, cost_per_unit=1), {M.PRICED}),
]


@pytest.mark.parametrize(("act", "expected"), REACH)
def test_milestones_are_told_from_facts(
    acme: Provider, globex: Provider, act: Act, expected: set[Milestone]
) -> None:
    act(acme)
    acme.tenant.refresh_from_db()
    assert services.note(acme.tenant) == expected
    assert services.note(globex.tenant) == set(), "what Acme has reached is not Globex's"


def test_every_milestone_can_be_told_and_is_tested() -> None:
    assert facts.ROWS.keys() | facts.LOOKS.keys() == set(Milestone)
    assert set().union(*(expected for _, expected in REACH)) == set(Milestone)


def test_what_was_reached_stays(acme: Provider) -> None:
    limit("hour", 3)(acme)
    assert services.note(acme.tenant) == {M.LIMIT_SET}
    delete_limit(acme.plan, acme.plan.limits.get(), by=BY)
    assert services.note(acme.tenant) == {M.LIMIT_SET}
    assert selectors.reached_by(acme.tenant) == {M.LIMIT_SET}


def test_each_is_written_down_once_with_an_event(acme: Provider) -> None:
    passed(acme)
    services.note(acme.tenant)
    first = Reached.objects.get()
    services.note(acme.tenant)
    services.reach(acme.tenant, [M.API_TESTED], by=BY)
    assert Reached.objects.get() == first
    told = acme.tenant.events.filter(kind="golive.reached")
    assert [event.after for event in told] == [{"milestones": ["api_sandbox_traffic"]}]


def test_who_knows_of_a_milestone_can_write_it_down_at_once(acme: Provider) -> None:
    services.reach(acme.tenant, [M.API_TESTED], by=BY)
    passed(acme, success=False)
    assert services.note(acme.tenant) == {M.API_TESTED}


@pytest.mark.parametrize(("outcome", "counted"), [("passed", True), ("unreachable", False)])
def test_a_test_call_that_passed_counts_although_a_later_one_failed(
    acme: Provider, outcome: str, *, counted: bool
) -> None:
    with transaction.atomic():
        events.append(acme.tenant, "tryout.ended", 1, by=BY, after={"outcome": outcome})
    passed(acme, success=False)
    assert (M.API_TESTED in services.note(acme.tenant)) is counted


def test_all_that_is_open_costs_four_queries(acme: Provider) -> None:
    """What was reached, all questions for rows, the backends' addresses, the products' levels."""
    with CaptureQueriesContext(connection) as queries:
        assert services.note(acme.tenant) == set()
    assert len(queries) == 4


def test_all_reached_costs_one_query(acme: Provider) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Reached.objects.bulk_create(
        Reached(tenant=acme.tenant, milestone=each, at=at) for each in Milestone
    )
    with CaptureQueriesContext(connection) as queries:
        assert services.note(acme.tenant) == set(Milestone)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("address", "echo"),
    [
        ("http://echo.localhost:3002", True),
        ("https://echo-api.3scale.net:443", True),
        ("https://api.acme.example:443", False),
        ("https://echo-api.acme.example", False),
    ],
)
def test_the_echo_api_is_known_by_its_host(address: str, *, echo: bool) -> None:
    assert facts.is_echo(address) is echo


def test_each_user_closes_and_reopens_the_list_for_themselves(
    acme: Provider, globex: Provider
) -> None:
    services.close(acme.admin, by=BY)
    services.close(acme.admin, by=BY)
    assert selectors.is_closed_for(acme.admin)
    assert not selectors.is_closed_for(globex.admin)
    services.reopen(acme.admin, by=BY)
    services.reopen(acme.admin, by=BY)
    assert not selectors.is_closed_for(acme.admin)
    kinds = acme.tenant.events.filter(kind__startswith="golive").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["golive.closed", "golive.reopened"]


def test_traffic_of_a_product_that_was_never_tested_is_no_test(acme: Provider) -> None:
    other = acme.another_product()
    Meter.objects.create(
        tenant=acme.tenant, product_id=other.pk, name="x", application_id=1, account_id=1
    )
    passed(acme)
    assert services.note(acme.tenant) == {M.API_TESTED}
    assert Product.objects.filter(tenant=acme.tenant).count() == 2
