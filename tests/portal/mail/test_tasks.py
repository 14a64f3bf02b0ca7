"""The worker's reader: server down and up again, two workers at once, and what is said of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import connection

from portal.mail.inbox import inbox, listening
from portal.mail.letters_sent import ann, put
from portal.people import Provider, make_master, make_provider
from tollway import clock
from tollway.config import Settings
from tollway.portal.events import readers
from tollway.portal.events.readers import Condition
from tollway.portal.mail.models import Mail
from tollway.portal.mail.services import content_of
from tollway.portal.mail.tasks import BATCH, POLL_S, Mailer

PATIENCE_S = 10
PLENTY = 60


def configured(**changes: Any) -> Settings:
    replaced: Settings = msgspec.structs.replace(settings.TOLLWAY, **changes)
    return replaced


def eventually(fact: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < until, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.02)


class Board:
    """Where the readers' conditions are told."""

    told: tuple[Condition, ...] = ()

    def tell(self, conditions: object) -> None:
        self.told = tuple(conditions)  # type: ignore[arg-type]

    def failing(self) -> str:
        return self.told[0].failing if self.told else ""


@contextmanager
def worker(given: Settings) -> Iterator[Board]:
    stop, board = threading.Event(), Board()

    def work() -> None:
        readers.run([Mailer(given)], stop, now=clock.now, tell=board.tell)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield board
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def all_are(state: str) -> Callable[[], bool]:
    return lambda: not Mail.objects.exclude(state=state).exists()


@pytest.mark.django_db(transaction=True)
def test_every_mail_arrives_once_when_the_server_is_back() -> None:
    acme = make_provider(make_master(), "acme")
    box = inbox()
    for number in range(BATCH + 5):
        put(acme.tenant, f"{number}")
    with worker(configured(smtp=box.smtp, mailbox=False)) as board:
        eventually(lambda: "Connection refused" in board.failing(), "it says what is wrong")
        with listening(box):
            eventually(all_are("sent"), "all are sent")
            eventually(lambda: not board.failing(), "it is well again")
        put(acme.tenant, "while it is away again")
        eventually(lambda: bool(board.failing()), "it says so again")
        with listening(box):
            eventually(all_are("sent"), "the last one is sent, too")
    assert sorted(box.ids()) == sorted(Mail.objects.values_list("message_id", flat=True))
    assert set(Mail.objects.values_list("attempts", flat=True)) == {1}
    assert not any(content_of(mail) for mail in Mail.objects.all())
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_one_that_is_refused_holds_up_no_other() -> None:
    acme = make_provider(make_master(), "acme")
    with listening(inbox()) as box, worker(configured(smtp=box.smtp)):
        box.refusals = {"gone@dev.example": "550 gone", "grey@dev.example": "451 later"}
        for number, name in enumerate(["gone", "grey", "ann", "bob"]):
            put(acme.tenant, f"{number}", ann(f"{name}@dev.example"))
        eventually(lambda: len(box.received) == 2, "the others are sent")
    found = {mail.recipient.partition("@")[0]: mail for mail in Mail.objects.all()}
    assert {name: mail.state for name, mail in found.items()} == {
        "gone": "failed", "grey": "waiting", "ann": "sent", "bob": "sent",
    }  # fmt: skip
    assert found["gone"].reason == "550 gone"
    assert found["grey"].reason == "451 later"
    connection.close()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_nothing_twice() -> None:
    acme = make_provider(make_master(), "acme")
    for number in range(PLENTY):
        put(acme.tenant, f"{number}")
    with listening(inbox()) as box:
        given = configured(smtp=box.smtp)
        with worker(given), worker(given), worker(given):
            eventually(all_are("sent"), "all are sent")
    assert len(box.received) == PLENTY
    assert max(Counter(box.ids()).values()) == 1
    connection.close()


@pytest.mark.django_db
def test_a_step_without_mail_waits_and_one_with_more_does_not(acme: Provider) -> None:
    with listening(inbox()) as box:
        mailer = Mailer(configured(smtp=box.smtp))
        assert mailer.step() == POLL_S
        for number in range(BATCH + 1):
            put(acme.tenant, f"{number}")
        assert mailer.step() == 0
        assert len(box.received) == BATCH
        assert mailer.step() == 0
        assert len(box.received) == BATCH + 1
        assert mailer.step() == POLL_S
        mailer.close()


@pytest.mark.django_db
def test_lag_is_what_could_be_sent_now(acme: Provider) -> None:
    mailer = Mailer(configured(smtp=inbox().smtp))
    assert mailer.lag() == readers.Lag()
    put(acme.tenant, "1")
    put(acme.tenant, "2")
    at = datetime.fromtimestamp(clock.now(), UTC)
    Mail.objects.filter(key="1").update(next_try_at=at - timedelta(seconds=90))
    lag = mailer.lag()
    assert lag.entries == 2
    assert 90 <= lag.seconds < 90 + PATIENCE_S
    Mail.objects.update(next_try_at=at + timedelta(hours=1))
    assert mailer.lag() == readers.Lag()
    mailer.close()


@pytest.mark.django_db
def test_without_a_server_the_mailbox_keeps_the_text(acme: Provider) -> None:
    for mailbox in (True, False):
        mail = put(acme.tenant, f"{mailbox}")
        mailer = Mailer(configured(smtp=None, mailbox=mailbox))
        assert mailer.step() == POLL_S
        mail.refresh_from_db()
        assert mail.state == "kept"
        assert (content_of(mail) is not None) is mailbox
        assert mailer.lag() == readers.Lag()
        mailer.close()
