"""Integration errors of a product: listed, and purged by whoever may see them."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from portal.console.explain.book import at_store, note
from portal.console.visiting import admin, member, text, toasts
from portal.people import Provider
from tollway import clock
from tollway.portal.console.explain.errors import SHOWN_MAX
from tollway.portal.events.models import Event
from tollway.store.notes import IntegrationError, List

pytestmark = pytest.mark.django_db
ERROR = IntegrationError(0, "metric_invalid", 'metric "pages" is invalid', "app-1")


def url(provider: Provider) -> str:
    return f"/apiconfig/services/{provider.product.pk}/errors"


def wrong(at: int) -> IntegrationError:
    return IntegrationError(at, ERROR.code, ERROR.message, ERROR.application)


def test_errors_are_listed_and_purged(acme: Provider, client: Client, store_url: str) -> None:
    assert "No integration errors" in text(client.get(url(acme)))
    note(store_url, acme, List.ERRORS, wrong(clock.now()))
    page = text(client.get(url(acme)))
    assert 'metric "pages" is invalid' in page
    assert "app-1" in page
    assert client.get(f"{url(acme)}/purge").status_code == 405
    assert client.post(f"{url(acme)}/purge").status_code == 302
    assert "Integration errors purged" in toasts(client)
    assert "No integration errors" in text(client.get(url(acme)))
    assert Event.objects.filter(kind="integration_errors.purged").count() == 1


def test_a_stranger_neither_sees_nor_purges_them(
    acme: Provider, globex: Provider, client: Client, store_url: str
) -> None:
    note(store_url, acme, List.ERRORS, wrong(clock.now()))
    stranger = admin(globex)
    assert stranger.get(url(acme)).status_code == 404
    assert stranger.post(f"{url(acme)}/purge").status_code == 404
    assert "metric_invalid" in text(client.get(url(acme)))


def test_they_take_the_permission_for_analytics(acme: Provider, store_url: str) -> None:
    note(store_url, acme, List.ERRORS, wrong(clock.now()))
    assert member(acme, "plans").get(url(acme)).status_code == 403
    page = text(member(acme, "monitoring", name="watcher").get(url(acme)))
    assert "metric_invalid" in page
    assert "app-1" not in page


def test_nothing_is_purged_when_the_store_is_away(
    acme: Provider, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "TOLLWAY", at_store("unix:///nowhere/valkey.sock"))
    assert "not known now" in text(client.get(url(acme)))
    client.post(f"{url(acme)}/purge")
    assert "Nothing was purged" in toasts(client)
    assert not Event.objects.filter(kind="integration_errors.purged").exists()


def test_of_many_the_latest_are_shown(acme: Provider, client: Client, store_url: str) -> None:
    note(store_url, acme, List.ERRORS, *[wrong(clock.now())] * (SHOWN_MAX + 1))
    assert f"The latest {SHOWN_MAX} of {SHOWN_MAX + 1}." in text(client.get(url(acme)))
