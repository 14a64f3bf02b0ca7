"""Where applications stand: limits of SQL beside counters of a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.people import BY, Provider
from portal.publish.homes import Home, valkey_home
from tollway import clock
from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period, window
from tollway.portal.applications.models import Application
from tollway.portal.applications.services import customize_plan
from tollway.portal.catalog.services import create_metric, delete_backend_usage
from tollway.portal.fields import keyring
from tollway.portal.plans.services import create_limit
from tollway.portal.standing.selectors import standing_of
from tollway.store import Outcome, Spend
from tollway.store.valkey import ValkeyStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setattr(
        settings, "TOLLWAY", msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    )
    with valkey_home(valkey_url) as made:
        yield made


def spend(url: str, row: Application, metric: int, amount: int, *caps: tuple[Period, int]) -> bool:
    """Count as the authority does; return whether it was done."""

    async def one() -> bool:
        store = await ValkeyStore.connect(url, keyring())
        try:
            known = await store.application(str(row.product_id), row.application_id)
            assert known
            at = clock.now()
            entry = Entry(str(metric), Kind.ADD, amount, caps)
            spent = await store.spend(
                Spend(known.service_id, known.id, known.revision, [entry], at, at)
            )
            return spent.outcome is Outcome.DONE
        finally:
            await store.close()

    return asyncio.run(one())


def test_each_limit_is_told_with_what_is_used_and_what_it_refused(
    acme: Provider, home: Home, valkey_url: str
) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="year", value=5)
    create_limit(acme.plan, by=BY, metric=acme.hits, period="eternity", value=9)
    home.catch_up()
    row = acme.application
    assert [(each.used, each.refused) for each in standing_of([row])[row.pk]] == [(0, 0), (0, 0)]
    caps = ((Period.YEAR, 5), (Period.ETERNITY, 9))
    assert spend(valkey_url, row, acme.hits.pk, 4, *caps)
    assert not spend(valkey_url, row, acme.hits.pk, 2, *caps)
    assert not spend(valkey_url, row, acme.hits.pk, 3, *caps)
    year, eternity = standing_of([row])[row.pk]
    assert (year.metric.id, year.metric.system_name) == (acme.hits.pk, "hits")
    assert (year.period, year.used, year.value, year.refused) == (Period.YEAR, 4, 5, 2)
    assert year.ends_at == window(Period.YEAR, clock.now()).end
    assert (eternity.used, eternity.refused, eternity.ends_at) == (4, 0, None)


def test_a_custom_plan_is_told_in_full(acme: Provider, home: Home) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="day", value=5)
    create_limit(acme.plan, by=BY, metric=acme.hits, period="hour", value=3)
    custom = customize_plan(acme.application, by=BY)
    create_limit(custom, by=BY, metric=acme.hits, period="minute", value=1)
    home.catch_up()
    row = Application.objects.get(pk=acme.application.pk)
    assert [(each.period, each.value) for each in standing_of([row])[row.pk]] == [
        (Period.MINUTE, 1),
        (Period.HOUR, 3),
        (Period.DAY, 5),
    ]


def test_limits_on_a_backend_that_is_no_longer_used_do_not_show(acme: Provider, home: Home) -> None:
    metric = create_metric(acme.backend, by=BY, friendly_name="Pages", unit="page")
    create_limit(acme.plan, by=BY, metric=metric, period="day", value=5)
    home.catch_up()
    [shown] = standing_of([acme.application])[acme.application.pk]
    assert shown.metric.system_name == f"pages.{acme.backend.pk}"
    delete_backend_usage(acme.product.backend_usages.get(), by=BY)
    assert standing_of([acme.application]) == {acme.application.pk: ()}


def test_many_applications_take_as_many_queries_as_one(acme: Provider, home: Home) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="day", value=5)
    rows = [acme.another_application(name=f"App {n}") for n in range(5)]
    home.catch_up()
    for some in (rows[:1], rows):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(standing_of(some)) == len(some)
        assert len(asked) == 2


def test_nothing_is_known_when_the_store_is_away(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_limit(acme.plan, by=BY, metric=acme.hits, period="day", value=5)
    away = msgspec.structs.replace(settings.TOLLWAY, valkey_url="unix:///nowhere/valkey.sock")
    monkeypatch.setattr(settings, "TOLLWAY", away)
    assert standing_of([acme.application]) == {}
