"""What charts and bills ask: sums by time, by metric, by application; each from an index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.people import Provider
from tollway.core.series import Granularity
from tollway.portal.analytics import selectors
from tollway.portal.analytics.models import ResponseRow, StreamCursor, UsageRow
from tollway.portal.analytics.selectors import Point
from tollway.portal.analytics.services.adding import add_usage
from tollway.portal.analytics.services.identities import Who

START = int(datetime(2026, 10, 24, tzinfo=UTC).timestamp())  # a day before clocks go back
DAY, QUARTER = 86_400, 900


def use(
    acme: Provider, value: int, *, at: int = START, metric: int = 0, application: int = 0
) -> None:
    UsageRow.objects.create(
        tenant=acme.tenant, product_id=acme.product.pk, account_id=acme.account.pk, value=value,
        application_id=application or acme.application.pk, metric_id=metric or acme.hits.pk,
        quarter=at - at % QUARTER,
    )  # fmt: skip


def test_a_series_has_a_point_for_each_unit_used_or_not(acme: Provider) -> None:
    use(acme, 1, at=START)
    use(acme, 2, at=START + 45 * 60)
    use(acme, 4, at=START + 2 * 3600)
    use(acme, 8, at=START + 3 * 3600)  # outside
    rows = selectors.usage_of(acme.tenant, product=acme.product, metric=acme.hits)
    found = selectors.series(rows, Granularity.HOUR, since=START, until=START + 3 * 3600, zone=UTC)
    assert found == [Point(START, 3), Point(START + 3600, 0), Point(START + 7200, 4)]


def test_days_are_those_of_the_zone_also_when_clocks_change(acme: Provider) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = START - 2 * 3600  # 24 October there
    for hour in range(24 + 25 + 24):
        use(acme, 1, at=first + hour * 3600)
    rows = selectors.usage_of(acme.tenant, application=acme.application, metric=acme.hits)
    found = selectors.series(rows, Granularity.DAY, since=first, until=first + 4 * DAY, zone=berlin)
    assert [point.value for point in found] == [24, 25, 24, 0]


def test_zones_with_odd_quarters_are_served(acme: Provider) -> None:
    midnight = START - 5 * 3600 - 45 * 60  # in Kathmandu
    use(acme, 1, at=midnight - QUARTER)
    use(acme, 2, at=midnight)
    rows = selectors.usage_of(acme.tenant, account=acme.account, metric=acme.hits)
    zone = ZoneInfo("Asia/Kathmandu")
    found = selectors.series(
        rows, Granularity.DAY, since=midnight - DAY, until=midnight + DAY, zone=zone
    )
    assert found == [Point(midnight - DAY, 1), Point(midnight, 2)]


@settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(st.integers(0, 500), st.integers(1, 9), max_size=10),
    st.sampled_from(Granularity),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_points_add_up_to_the_total(
    acme: Provider, values: dict[int, int], granularity: Granularity, zone: str
) -> None:
    UsageRow.objects.all().delete()
    for quarter, value in values.items():
        use(acme, value, at=START + quarter * QUARTER)
    rows = selectors.usage_of(acme.tenant, product=acme.product)
    until = START + 400 * QUARTER
    points = selectors.series(rows, granularity, since=START, until=until, zone=ZoneInfo(zone))
    total = selectors.total(rows, since=START, until=until)
    assert sum(point.value for point in points) == total
    assert total == sum(value for quarter, value in values.items() if quarter < 400)


def test_nothing_lies_in_an_empty_range(acme: Provider) -> None:
    rows = selectors.usage_of(acme.tenant)
    assert selectors.series(rows, Granularity.DAY, since=START, until=START, zone=UTC) == []
    assert selectors.total(rows, since=START, until=START + DAY) == 0


def test_totals_by_application_come_with_the_most_used_first(acme: Provider) -> None:
    use(acme, 2)
    use(acme, 1, application=77)
    use(acme, 4, at=START + 900, application=77)
    rows = selectors.usage_of(acme.tenant, product=acme.product, metric=acme.hits)
    found = selectors.totals_by("application_id", rows, since=START, until=START + DAY)
    assert list(found.items()) == [(77, 5), (acme.application.pk, 2)]
    by_metric = selectors.totals_by(
        "metric_id", selectors.usage_of(acme.tenant), since=START, until=START + DAY
    )
    assert by_metric == {acme.hits.pk: 7}


def test_responses_are_told_by_code(acme: Provider) -> None:
    for code, value in ((200, 5), (404, 2), (201, 1)):
        ResponseRow.objects.create(
            tenant=acme.tenant, product_id=acme.product.pk, account_id=acme.account.pk,
            application_id=acme.application.pk, code=code, quarter=START, value=value,
        )  # fmt: skip
    for rows in (
        selectors.responses_of(acme.tenant, product=acme.product),
        selectors.responses_of(acme.tenant, application=acme.application),
    ):
        found = selectors.totals_by("code", rows, since=START, until=START + DAY)
        assert list(found.items()) == [(200, 5), (404, 2), (201, 1)]
        points = selectors.series(
            rows.filter(code__gte=200, code__lt=300), Granularity.DAY, since=START,
            until=START + DAY, zone=UTC,
        )  # fmt: skip
        assert points == [Point(START, 6)]


def test_globex_never_sees_acmes_usage(acme: Provider, globex: Provider) -> None:
    use(acme, 1)
    assert not selectors.usage_of(globex.tenant, product=acme.product).exists()
    assert not selectors.usage_of(globex.tenant, application=acme.application).exists()
    assert not selectors.usage_of(globex.tenant, account=acme.account).exists()
    assert not selectors.usage_of(globex.tenant).exists()
    assert not selectors.responses_of(globex.tenant, product=acme.product).exists()


def test_a_tenants_rows_end_with_it(acme: Provider) -> None:
    use(acme, 1)
    acme.tenant.delete()
    assert not UsageRow.objects.exists()


def test_a_cursor_begins_at_nothing(db: None) -> None:
    cursor = selectors.cursor()
    assert selectors.positions(cursor) == {}
    StreamCursor.objects.update(positions={"7": "5-1"})
    assert selectors.positions(selectors.cursor()) == {7: "5-1"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what its planner says is plain to read")
def test_each_question_walks_an_index(acme: Provider) -> None:
    tenant, ask = acme.tenant, selectors.usage_of
    rows: list[tuple[QuerySet[UsageRow], str]] = [
        (ask(tenant, product=acme.product, metric=acme.hits), "usage_by_product"),
        (ask(tenant, account=acme.account, metric=acme.hits), "usage_by_account"),
        (ask(tenant, application=acme.application, metric=acme.hits), "one_usage_row_per_quarter"),
        (selectors.calls_of(tenant), "usage_by_tenant"),
    ]
    for query, index in rows:
        plan = selectors.between(query, since=START, until=START + DAY).explain()
        assert f"USING INDEX {index} (" in plan or "USING INDEX sqlite_autoindex" in plan
        assert "quarter>? AND quarter<?" in plan
    answers = selectors.responses_of(tenant, product=acme.product)
    assert "USING INDEX responses_by_product (" in answers.filter(code=200).explain()


def test_a_month_of_a_hundred_thousand_rows_is_added_up_by_the_database(acme: Provider) -> None:
    quarters = 30 * 96
    product, account, hits = acme.product.pk, acme.account.pk, acme.hits.pk
    add_usage(
        (Who(acme.tenant.pk, product, account, 1000 + number), hits, START + n * QUARTER, 1)
        for number in range(35)
        for n in range(quarters)
    )
    rows = selectors.usage_of(acme.tenant, product=acme.product, metric=acme.hits)
    began = datetime.now(UTC)
    found = selectors.series(
        rows, Granularity.DAY, since=START, until=START + 30 * DAY, zone=ZoneInfo("Asia/Tokyo")
    )
    took_ms = (datetime.now(UTC) - began) / timedelta(milliseconds=1)
    print(f"a month by days from {35 * quarters} rows: {took_ms:.0f} ms")  # noqa: T201
    assert sum(point.value for point in found) == 35 * quarters
