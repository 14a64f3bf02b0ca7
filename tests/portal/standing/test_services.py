"""Purging integration errors: one event, and nothing without the store."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings

from portal.people import BY, Provider
from tollway.portal.events.models import Event
from tollway.portal.standing.selectors import integration_errors_of
from tollway.portal.standing.services import purge_integration_errors
from tollway.store import StoreUnavailableError

pytestmark = pytest.mark.django_db


def test_without_the_store_nothing_is_purged_or_said_to_be(
    acme: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = msgspec.structs.replace(settings.TOLLWAY, valkey_url="unix:///nowhere/valkey.sock")
    monkeypatch.setattr(settings, "TOLLWAY", away)
    with pytest.raises(StoreUnavailableError):
        purge_integration_errors(acme.product, by=BY)
    assert not Event.objects.filter(kind="integration_errors.purged").exists()
    assert integration_errors_of(acme.tenant, acme.product) is None


def test_the_log_says_who_purged(
    acme: Provider, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = msgspec.structs.replace(settings.TOLLWAY, valkey_url=valkey_url)
    monkeypatch.setattr(settings, "TOLLWAY", here)
    purge_integration_errors(acme.product, by=BY)
    event = Event.objects.get(kind="integration_errors.purged")
    assert (event.after["product_id"], event.actor_id) == (acme.product.pk, BY.id)
    assert integration_errors_of(acme.tenant, acme.product) == []
