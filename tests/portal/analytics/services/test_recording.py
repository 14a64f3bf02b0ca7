"""Recorded is counted, to the unit, wherever the recorder dies and however often."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.analytics.streams import CrashError, Listed, dying
from portal.people import BY, Provider
from tollway.core.periods import Period, window
from tollway.core.series import quarter_of
from tollway.core.usage import AMOUNT_MAX
from tollway.portal.analytics import selectors
from tollway.portal.analytics.models import ResponseRow, StreamCursor, UsageRow
from tollway.portal.analytics.services.recording import OvertakenError, record, tidy
from tollway.portal.applications.services import delete_account, delete_application
from tollway.portal.catalog.services import create_method, delete_metric, delete_product
from tollway.portal.events.models import Event
from tollway.portal.plans.services import create_limit
from tollway.store import Cell
from tollway.store.spending import UsageEvent

AT = 1_700_000_000  # 2023-11-14 22:13:20 UTC


@pytest.fixture(autouse=True)
def room(acme: Provider) -> Provider:
    return acme


def used(acme: Provider, amount: int = 1, *, at: int = AT, code: int = 0) -> UsageEvent:
    name = acme.application.application_id
    return UsageEvent(str(acme.product.pk), name, at, code, [(str(acme.hits.pk), amount)])


def record_all(streams: Listed) -> None:
    """Do what a recorder does that has just been started."""
    tidy(streams)
    while record(streams, at=AT).positions:
        pass


def total(acme: Provider) -> int:
    rows = selectors.usage_of(acme.tenant, application=acme.application, metric=acme.hits)
    return selectors.total(rows, since=0, until=2**40)


def test_a_row_says_whose_of_what_when_and_how_much(acme: Provider) -> None:
    record_all(Listed([used(acme, 2), used(acme, 3, code=200), used(acme, 5, at=AT + 900)]))
    whose = {
        "tenant_id": acme.tenant.pk, "product_id": acme.product.pk, "account_id": acme.account.pk,
        "application_id": acme.application.pk,
    }  # fmt: skip
    quarter = quarter_of(AT)
    usage = UsageRow.objects.order_by("quarter").values(*whose, "metric_id", "quarter", "value")
    of_metric = {**whose, "metric_id": acme.hits.pk}
    assert list(usage) == [
        {**of_metric, "quarter": quarter, "value": 5},
        {**of_metric, "quarter": quarter + 900, "value": 5},
    ]
    responses = ResponseRow.objects.values(*whose, "code", "quarter", "value")
    assert list(responses) == [{**whose, "code": 200, "quarter": quarter, "value": 1}]


def test_lines_are_removed_once_they_are_recorded(acme: Provider) -> None:
    streams = Listed([used(acme)] * 5, page=2)
    assert not record(streams, at=AT).complete
    assert (total(acme), streams.waiting) == (2, 3)
    record_all(streams)
    assert (total(acme), streams.waiting) == (5, 0)
    assert record(streams, at=AT).complete


def test_dying_at_any_step_neither_loses_nor_doubles(acme: Provider) -> None:
    """Every statement and every question to the store is the last one, in turn."""
    watch_limits(acme)
    fatal, survived = 0, False
    while not survived:
        fatal += 1
        streams = Listed([used(acme, 3, code=200), used(acme, 2, at=AT + 900)])
        streams.cells[acme.application.application_id, str(acme.hits.pk)] = Cell((5,) * 7)
        with undone():
            with dying(streams, fatal) as steps, suppress(CrashError):
                record_all(streams)
            survived = steps.done < fatal
            record_all(streams)
            assert total(acme) == 5, f"died at step {fatal}"
            assert (ResponseRow.objects.get().value, streams.waiting) == (1, 0)
            assert sorted(news()) == [
                "alert.raised", "application.first_daily_traffic", "application.first_traffic",
                "level.reached",
            ]  # fmt: skip
    print(f"died at each of {fatal - 1} steps")  # noqa: T201


def news() -> list[str]:
    """Return the kinds of events that recording has told of."""
    ours = ("alert.", "level.", "application.first")
    return [kind for kind in Event.objects.values_list("kind", flat=True) if kind.startswith(ours)]


def watch_limits(acme: Provider) -> None:
    create_limit(acme.plan, acme.hits, by=BY, period="month", value=10)
    acme.product.notification_settings = {"web_provider": [50, 100]}
    acme.product.save()


amounts = st.one_of(st.integers(0, 50), st.just(AMOUNT_MAX // 16))
changes = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 5), amounts, st.booleans(), st.sampled_from([0, 200])
    ),
    max_size=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes, st.integers(1, 8), st.lists(st.integers(1, 30), max_size=4))
def test_rows_add_up_to_the_counters_under_any_schedule_of_deaths(
    acme: Provider, changes: list[tuple[int, int, int, bool, int]], page: int, deaths: list[int]
) -> None:
    """A month's rows come to what its counter says, whatever was added and set."""
    counters, responses, lines = Counter[tuple[int, int]](), 0, []
    metrics = (acme.hits.pk, acme.hits.pk + 1000)  # the second is one that was deleted
    for which, day, amount, sets, code in changes:
        metric, at = metrics[which], AT + day * 5 * 86_400  # the month ends in between
        place = metric, window(Period.MONTH, at).start
        counters[place] = amount if sets else counters[place] + amount
        responses += bool(code)
        entry = [(str(metric), amount)]
        name = acme.application.application_id
        lines.append(
            UsageEvent(str(acme.product.pk), name, at, code, *([], entry) if sets else (entry, []))
        )
    with undone():
        streams = Listed(lines, page=page)
        for fatal in [*deaths, 0]:
            with dying(streams, fatal), suppress(CrashError):
                record_all(streams)
        assert streams.waiting == 0
        found = Counter[tuple[int, int]]()
        for row in UsageRow.objects.all():
            found[row.metric_id, window(Period.MONTH, row.quarter).start] += row.value
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in counters.items() if v}
        assert sum(ResponseRow.objects.values_list("value", flat=True)) == responses


class undone:  # noqa: N801  (reads as what it does)
    """What happens within is rolled back."""

    def __enter__(self) -> None:
        self._block = transaction.atomic()
        self._block.__enter__()

    def __exit__(self, *failure: object) -> None:
        transaction.set_rollback(True)
        self._block.__exit__(None, None, None)


def test_of_two_recorders_only_one_records(acme: Provider) -> None:
    streams = Listed([used(acme)])

    def meanwhile() -> None:
        """Let another recorder take the step between this one's look at the cursor and its own."""
        streams.before = lambda: None
        record_all(Listed([used(acme)]))

    streams.before = meanwhile
    with pytest.raises(OvertakenError):
        record(streams, at=AT)
    record_all(streams)
    assert total(acme) == 1


def test_usage_of_what_was_deleted_meanwhile_is_still_the_accounts(acme: Provider) -> None:
    streams = Listed([used(acme, 2)])
    record_all(streams)
    streams.append(used(acme, 3))
    application = acme.application.pk
    delete_application(acme.application, by=BY)
    record_all(streams)
    (row,) = selectors.usage_of(acme.tenant, account=acme.account)
    assert (row.application_id, row.value) == (application, 5)


def test_usage_outlives_application_account_metric_and_product(acme: Provider) -> None:
    method = create_method(acme.product, by=BY, friendly_name="Search", system_name="search")
    entry = [(str(method.pk), 4)]
    name = acme.application.application_id
    record_all(Listed([UsageEvent(str(acme.product.pk), name, AT, 0, entry)]))
    account, product, metric = acme.account.pk, acme.product.pk, method.pk
    delete_metric(method, by=BY)
    delete_account(acme.account, by=BY)
    acme.another_product()
    delete_product(acme.product, by=BY)
    row = UsageRow.objects.get()
    assert (row.account_id, row.product_id, row.metric_id, row.value) == (
        account, product, metric, 4,
    )  # fmt: skip


def test_usage_of_an_application_that_went_unmetered_is_kept_for_its_product(
    acme: Provider,
) -> None:
    streams = Listed([used(acme, 3, code=500)])
    delete_application(acme.application, by=BY)
    record_all(streams)
    (row,) = selectors.usage_of(acme.tenant, product=acme.product)
    assert (row.application_id, row.account_id, row.value) == (0, None, 3)
    assert ResponseRow.objects.get().application_id == 0


def test_what_the_portal_has_never_known_is_left_out_and_told_of(
    acme: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    entry = [("1", 1)]
    strange = ["my own service", "999999", "9" * 30]
    lines = [UsageEvent(service, "app", AT, 200, entry) for service in strange]
    nameless = UsageEvent(
        str(acme.product.pk), acme.application.application_id, AT, 0, [("a word", 1)]
    )
    streams = Listed([*lines, nameless, used(acme)])
    record_all(streams)
    assert (UsageRow.objects.count(), ResponseRow.objects.count(), streams.waiting) == (1, 0, 0)
    assert "2 calls were of services that are not the portal's" in caplog.text
    assert "1 calls of (999999, 'app') are nobody's" in caplog.text


def test_an_application_that_takes_over_a_name_is_recorded_for_itself(acme: Provider) -> None:
    streams = Listed([used(acme, 2)])
    record_all(streams)
    name = acme.application.application_id
    delete_application(acme.application, by=BY)
    new = acme.another_application(application_id=name)
    streams.append(used(acme, 3))
    record_all(streams)
    assert (
        selectors.total(selectors.usage_of(acme.tenant, application=new), since=0, until=2**40) == 3
    )


def test_rows_stop_where_counters_stop_and_recording_goes_on(acme: Provider) -> None:
    streams = Listed([used(acme, AMOUNT_MAX)] * 3, page=1)
    record_all(streams)
    assert total(acme) == AMOUNT_MAX
    streams.append(used(acme, 1, at=AT + 900))
    record_all(streams)
    assert UsageRow.objects.get(quarter=quarter_of(AT) + 900).value == 1


@pytest.fixture
def many(acme: Provider) -> list[UsageEvent]:
    applications = [acme.another_application() for _ in range(20)]
    return [
        UsageEvent(str(acme.product.pk), a.application_id, AT, 0, [(str(acme.hits.pk), 1)])
        for a in applications
    ]


def test_the_number_of_statements_does_not_grow_with_the_traffic(
    acme: Provider, many: list[UsageEvent]
) -> None:
    watch_limits(acme)
    record_all(Listed(many))
    StreamCursor.objects.update(positions={})

    def statements(lines: list[UsageEvent]) -> int:
        streams = Listed(lines)
        with dying(streams, 0) as steps:
            record(streams, at=AT)
        StreamCursor.objects.update(positions={})
        return steps.done

    acme.product.notification_settings = {}
    acme.product.save()
    few, lots = statements(many[:2]), statements(many * 20)
    assert lots == few
