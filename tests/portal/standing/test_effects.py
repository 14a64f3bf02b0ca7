"""What a limit would refuse at once, and what is used now, on a real Valkey."""

from __future__ import annotations

import msgspec
import pytest
from pytest_django import Settings

from portal.console.counting.test_effects import use
from portal.people import Provider
from tollway.portal.standing.effects import Effect, effect_of_limit, used_now

pytestmark = pytest.mark.django_db


def test_those_who_have_used_it_up_would_be_refused(
    acme: Provider, settings: Settings, valkey_url: str
) -> None:
    settings.TOLLWAY = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    acme.another_application()
    use(valkey_url, acme, 4)
    assert effect_of_limit(acme.plan, acme.hits, "eternity", 4) == Effect(2, 1)
    assert effect_of_limit(acme.plan, acme.hits, "eternity", 5) == Effect(2, 0)
    assert effect_of_limit(acme.plan, acme.hits, "hour", 0) == Effect(2, 1)
    used = used_now(acme.application, {acme.hits.pk})
    assert used is not None
    assert used[acme.hits.pk, "eternity"] == 4
    assert used_now(acme.application, set()) == {}


def test_nothing_is_known_while_the_store_is_away(acme: Provider, settings: Settings) -> None:
    nowhere = msgspec.structs.replace(settings.TOLLWAY, valkey_url="redis://127.0.0.1:1/0")
    settings.TOLLWAY = nowhere
    assert effect_of_limit(acme.plan, acme.hits, "hour", 4) is None
    assert used_now(acme.application, {acme.hits.pk}) is None
