"""The day's calls are exact to the last one recorded, of the products that count, and cheap."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.console.dashboard.rows import answered, used
from portal.people import Provider
from tollway import clock
from tollway.core.series import QUARTER_S
from tollway.portal.console.dashboard import traffic
from tollway.portal.console.dashboard.traffic import DAY_S, Day, day_of

pytestmark = pytest.mark.django_db


def day(provider: Provider, allowed: frozenset[int] | None = None) -> Day:
    return day_of(provider.tenant, allowed, at=clock.now())


@pytest.mark.parametrize(
    ("quarters_ago", "counted"), [(0, True), (1, True), (2, True), (95, True), (96, False)]
)
def test_the_day_has_96_quarters(
    acme: Provider, globex: Provider, quarters_ago: int, *, counted: bool
) -> None:
    used(acme, 7, ago_s=quarters_ago * QUARTER_S)
    used(globex, 100)
    found = day(acme)
    assert sum(found.calls) == (7 if counted else 0)
    assert len(found.calls) == len(found.quarters) == 96
    if counted:
        assert found.calls[95 - quarters_ago] == 7
        assert found.by_product == {acme.product.pk: 7}
        assert found.of_product(acme.product.pk)[95 - quarters_ago] == 7
        assert found.callers == 1


def test_what_is_recorded_is_there_with_the_next_question(acme: Provider) -> None:
    assert sum(day(acme).calls) == 0
    for total in range(1, 4):
        used(acme, 1, application_id=total)
        found = day(acme)
        assert (sum(found.calls), found.callers) == (total, total)
    answered(acme, 500, 2)
    answered(acme, 404, 9)
    assert sum(day(acme).errors) == 2


def test_settled_quarters_are_read_once_a_minute(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    assert sum(day(acme).calls) == 0
    used(acme, 5, ago_s=10 * QUARTER_S)  # a report of long ago
    monkeypatch.setattr(clock, "now", lambda: now + traffic.SETTLED_FOR_S)
    assert sum(day(acme).calls) == 5


def test_a_dashboard_without_news_costs_one_query(acme: Provider) -> None:
    used(acme, 1)
    day(acme)
    with CaptureQueriesContext(connection) as queries:
        day(acme)
    assert len(queries) == 1
    used(acme, 1, application_id=99)
    with CaptureQueriesContext(connection) as queries:
        assert sum(day(acme).calls) == 2
    assert len(queries) == 1 + 3


def test_products_that_a_member_may_not_see_do_not_count(acme: Provider) -> None:
    other = acme.another_product()
    used(acme, 3)
    used(acme, 40, product=other, application_id=77)
    found = day(acme, frozenset({other.pk}))
    assert (sum(found.calls), found.callers, found.by_product) == (40, 1, {other.pk: 40})
    assert sum(day(acme, frozenset()).calls) == 0
    assert sum(day(acme).calls) == 43


def test_the_same_part_of_the_day_before_is_what_it_is_compared_with(acme: Provider) -> None:
    used(acme, 10, ago_s=5 * QUARTER_S)
    used(acme, 1000)  # the quarter that runs has no counterpart yet
    used(acme, 4, ago_s=DAY_S + 5 * QUARTER_S)
    used(acme, 1000, ago_s=DAY_S)
    answered(acme, 503, 6, ago_s=DAY_S + 5 * QUARTER_S)
    found = day(acme)
    assert (found.settled.calls, found.before.calls) == (10, 4)
    assert (found.settled.errors, found.before.errors) == (0, 6)
    assert found.settled.callers == found.before.callers == 1
