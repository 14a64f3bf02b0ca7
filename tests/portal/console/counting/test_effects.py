"""What a call meets in a plan, beside what an application has used, on a real Valkey."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from pytest_django import Settings

from portal.people import BY, Provider
from tollway import clock
from tollway.core.limits import Entry, Kind
from tollway.portal.console.counting.effects import Effects, Verdict, effects
from tollway.portal.console.counting.trial import Count
from tollway.portal.fields import keyring
from tollway.portal.plans.services import create_limit
from tollway.portal.publish.services import publish_all
from tollway.store import Spend
from tollway.store.publishing import Publisher
from tollway.store.valkey import ValkeyStore

pytestmark = pytest.mark.django_db


def use(url: str, acme: Provider, times: int) -> None:
    """Count hits of Acme's application."""
    publisher = Publisher.connect(url, keyring())
    publish_all(publisher)
    publisher.close()
    service, name = str(acme.product.pk), acme.application.application_id
    entries = [Entry(str(acme.hits.pk), Kind.COUNT, times)]

    async def calls() -> None:
        store = await ValkeyStore.connect(url, keyring())
        known = await store.application(service, name)
        assert known is not None
        at = clock.now()
        await store.spend(Spend(service, name, known.revision, entries, at, at, 200))
        await store.close()

    asyncio.run(calls())


def met(acme: Provider, units: int) -> Effects:
    counts = [Count(acme.hits.pk, "hits", units)]
    return effects(acme.plan, counts, acme.application, at=clock.now())


def test_what_is_used_is_read_from_the_cells(
    acme: Provider, settings: Settings, valkey_url: str
) -> None:
    settings.TOLLWAY = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    create_limit(acme.plan, by=BY, metric=acme.hits, period="eternity", value=3)
    use(valkey_url, acme, 2)
    fits, exceeds = met(acme, 1), met(acme, 2)
    assert [(each.used, each.maximum, each.end) for each in fits.touched] == [(2, 3, None)]
    assert (fits.verdict, exceeds.verdict) == (Verdict.PASSES, Verdict.EXCEEDED)
    create_limit(acme.plan, by=BY, metric=acme.hits, period="year", value=0)
    assert met(acme, 1).verdict is Verdict.OFF


def test_a_window_ends(acme: Provider, settings: Settings, valkey_url: str) -> None:
    settings.TOLLWAY = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    create_limit(acme.plan, by=BY, metric=acme.hits, period="minute", value=3)
    [effect] = met(acme, 1).touched
    assert effect.used == 0
    assert effect.end is not None
    assert effect.end % 60 == 0
