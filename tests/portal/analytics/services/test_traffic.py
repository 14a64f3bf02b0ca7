from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from portal.analytics.streams import Listed
from portal.people import Provider
from tollway.portal.analytics.services import record
from tollway.portal.analytics.services.happenings import Happening, tell
from tollway.portal.analytics.services.traffic import note_traffic
from tollway.portal.events.models import Event
from tollway.portal.publish.targets import Targets, targets_of
from tollway.store.spending import UsageEvent

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
DAY = 86_400


def note(acme: Provider, *times: int) -> list[tuple[str, str]]:
    """Note traffic at these times; return what is news: what, and when."""
    acme.application.refresh_from_db()
    found = []
    for each in note_traffic(acme.application, times):
        what = each.kind.removeprefix("application.")
        found.append((what, each.after[f"{what}_at"]))
    return found


def test_the_first_traffic_is_news_once_and_each_days_first(acme: Provider) -> None:
    today, tomorrow = NOON.isoformat(), (NOON + timedelta(days=1)).isoformat()
    assert note(acme, AT + 60, AT) == [("first_traffic", today), ("first_daily_traffic", today)]
    assert note(acme, AT, AT + 3600) == []
    assert note(acme, AT + DAY) == [("first_daily_traffic", tomorrow)]
    acme.application.refresh_from_db()
    assert acme.application.first_traffic_at == NOON
    assert acme.application.first_daily_traffic_at == NOON + timedelta(days=1)


def test_what_is_reported_late_is_no_days_first(acme: Provider) -> None:
    note(acme, AT)
    assert note(acme, AT - DAY) == []


def test_the_last_traffic_is_known_to_the_minute_and_never_goes_back(
    acme: Provider, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for times, last in (((AT, AT + 60), 60), ((AT - DAY,), 60), ((AT + 150,), 150)):
        note(acme, *times)
        acme.application.refresh_from_db()
        assert acme.application.last_traffic_at == NOON + timedelta(seconds=last)
    with django_assert_num_queries(0):
        assert list(note_traffic(acme.application, range(AT + 150, AT + 209))) == []
    stale = type(acme.application).objects.get(pk=acme.application.pk)
    note(acme, AT + 999)
    assert list(note_traffic(stale, [AT + 500])) == []
    acme.application.refresh_from_db()
    assert acme.application.last_traffic_at == NOON + timedelta(seconds=999)


def test_several_days_at_once_are_news_each(acme: Provider) -> None:
    assert [what for what, _ in note(acme, AT + DAY, AT, AT + DAY + 5)] == [
        "first_traffic", "first_daily_traffic", "first_daily_traffic",
    ]  # fmt: skip


def test_an_event_names_the_application_and_touches_no_snapshot(acme: Provider) -> None:
    event = UsageEvent(
        str(acme.product.pk), acme.application.application_id, AT, 0, [(str(acme.hits.pk), 1)]
    )
    record(Listed([event]), at=AT)
    events = list(Event.objects.filter(kind__startswith="application.first"))
    assert [each.kind for each in events] == [
        "application.first_traffic", "application.first_daily_traffic",
    ]  # fmt: skip
    for each in events:
        assert (each.tenant, each.object_id) == (acme.tenant, str(acme.application.pk))
        assert each.after["application_id"] == acme.application.application_id
        assert each.after["product_id"] == acme.product.pk
    assert targets_of(events) == Targets()


@pytest.mark.django_db(transaction=True)
def test_happenings_are_told_inside_a_transaction_only() -> None:
    with pytest.raises(Exception, match="belongs to its change's transaction"):
        tell([Happening(None, "level.reached", 1, {})])  # type: ignore[arg-type]
