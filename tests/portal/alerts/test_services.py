"""Alerts are kept once, counted while unread, and marked with a way back."""

from __future__ import annotations

import pytest

from portal.people import BY, Provider
from tollway.portal.alerts.models import VIOLATION_FROM, Alert
from tollway.portal.alerts.selectors import alerts_of, unread_of
from tollway.portal.alerts.services import Reached, mark, store, unmark
from tollway.portal.events.models import Event

pytestmark = pytest.mark.django_db


def keep(acme: Provider, level: int) -> None:
    store(acme.application, Reached(acme.hits.pk, "hour", 0, level, "hits per hour", level, 100))


def test_a_level_is_kept_once_in_its_window_even_when_it_was_deleted(acme: Provider) -> None:
    for _ in range(2):
        keep(acme, 80)
    [alert] = Alert.objects.all()
    mark(acme.tenant, Alert.objects.all(), Alert.State.DELETED, by=BY)
    keep(acme, 80)
    alert.refresh_from_db()
    assert (alert.state, Alert.objects.count()) == ("deleted", 1)


def test_marks_are_of_one_tenant_told_once_and_undone(acme: Provider, globex: Provider) -> None:
    keep(acme, 80)
    keep(acme, VIOLATION_FROM)
    assert [alert.is_violation for alert in alerts_of(acme.tenant).order_by("level")] == [
        False,
        True,
    ]
    everything = Alert.objects.all()
    assert mark(globex.tenant, everything, Alert.State.READ, by=BY).count == 0
    done = mark(acme.tenant, everything, Alert.State.READ, by=BY)
    assert (done.count, unread_of(acme.tenant, acme.product).count()) == (2, 0)
    assert unmark(globex.tenant, everything, done.token, by=BY) == 0
    assert unmark(acme.tenant, everything, done.token, by=BY) == 2
    assert unmark(acme.tenant, everything, done.token, by=BY) == 0
    assert unread_of(acme.tenant).count() == 2
    told = Event.objects.filter(kind="alerts.marked").order_by("pk")
    assert [event.after["state"] for event in told] == ["read", "as before"]
