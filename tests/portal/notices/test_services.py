"""Following the log: from its end at first, each event once, whoever is killed or runs beside."""

from __future__ import annotations

import logging

import pytest
from django.db import connection

from portal.people import BY, Provider, make_master, make_provider
from portal.test_races import crowd
from tollway.portal.accounts.models import User
from tollway.portal.applications import services as applications
from tollway.portal.events import selectors as log
from tollway.portal.events import services as events
from tollway.portal.mail.models import Mail
from tollway.portal.notices import services, tasks
from tollway.portal.notices.services import READER, announce

pytestmark = pytest.mark.django_db


def flip(acme: Provider, times: int = 1) -> None:
    for _ in range(times):
        acme.application.refresh_from_db()
        live = acme.application.state == "live"
        applications.change_state(acme.application, "suspend" if live else "resume", by=BY)


def test_what_was_before_is_told_to_nobody(acme: Provider) -> None:
    flip(acme)
    assert announce() == 0
    assert log.position_of(READER) == log.newest_position()
    flip(acme)
    assert announce() == 1
    assert [mail.template for mail in Mail.objects.all()] == ["application_resumed"]


def test_an_empty_log_is_followed_from_its_beginning(db: None) -> None:
    assert announce() == 0
    acme = make_provider(make_master(), "acme")
    flip(acme)
    announce()
    assert Mail.objects.filter(template="application_suspended").count() == 1


def test_an_event_that_is_read_again_is_told_once(acme: Provider) -> None:
    announce()
    position = log.position_of(READER)
    flip(acme, 2)
    assert announce() == 2
    events.advance(READER, to=position)  # as after a crash
    assert announce() == 2
    assert Mail.objects.count() == 2


def test_a_batch_is_not_the_end(acme: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    announce()
    flip(acme, 3)
    monkeypatch.setattr(services, "BATCH", 2)
    monkeypatch.setattr(tasks, "BATCH", 2)
    reader = tasks.Notices()
    assert reader.lag().entries == 3
    assert reader.step() == 0
    assert reader.step() == tasks.POLL_S
    assert reader.lag().entries == 0
    assert Mail.objects.count() == 3
    reader.close()


def test_an_address_that_takes_no_mail_stops_nobody(
    acme: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    announce()
    User.objects.filter(pk=acme.developer.pk).update(email="not an address")
    flip(acme)
    with caplog.at_level(logging.WARNING):
        assert announce() == 1
    assert "is not told" in caplog.text
    assert not Mail.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_many_who_announce_at_once_write_each_letter_once() -> None:
    acme = make_provider(make_master(), "acme")
    announce()
    flip(acme, 4)
    assert crowd(lambda _: announce()) == []
    assert Mail.objects.count() == 4
