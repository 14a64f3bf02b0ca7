"""The loop that the worker runs: it publishes what happens, and outlives its servers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.db import connection

from portal.people import BY, make_master, make_provider
from portal.publish.homes import Home, memory_home, valkey_home
from servers import running, valkey_binary
from tollway import clock
from tollway.config import Settings
from tollway.portal.applications.services import regenerate_user_key
from tollway.portal.events import readers
from tollway.portal.events import selectors as log
from tollway.portal.events import services as events
from tollway.portal.events.models import Event
from tollway.portal.publish import tasks

PATIENCE_S = 10


def eventually(fact: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < until, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.02)


@contextmanager
def loop(configured: Settings) -> Iterator[None]:
    stop = threading.Event()
    reader = tasks.PublishReader(configured)

    def work() -> None:
        readers.run([reader], stop, now=clock.now, tell=lambda conditions: None)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_our_own_gateway_is_let_in(db: None) -> None:
    home = memory_home()
    home.writer.mark(0)
    tasks.settle(home.writer, "the gateway's")
    make_provider(make_master(), "acme")
    home.catch_up()
    assert home.gateway("the gateway's")
    assert home.gateway("another") is None


def test_credentials_end_when_their_moment_has_come(db: None) -> None:
    home = memory_home()
    provider = make_provider(make_master(), "acme")
    old, product_id = provider.application.user_key, provider.product.pk
    later = datetime.fromtimestamp(clock.now(), UTC) + timedelta(hours=1)
    regenerate_user_key(provider.application, by=BY, keep_until=later)
    home.catch_up()
    tasks.settle(home.writer, "")
    home.catch_up()
    assert home.by_user_key(product_id, old)
    provider.application.former_user_keys.update(expires_at=later - timedelta(hours=1))
    tasks.settle(home.writer, "")
    home.catch_up()
    assert home.by_user_key(product_id, old) is None


def test_what_waits_is_told_by_number_and_age(db: None) -> None:
    reader = tasks.PublishReader(settings.TOLLWAY)
    assert reader.lag() == readers.Lag()
    make_provider(make_master(), "acme")
    Event.objects.filter(pk=Event.objects.earliest("pk").pk).update(
        at=datetime.fromtimestamp(clock.now() - 90, UTC)
    )
    lag = reader.lag()
    assert lag.entries == Event.objects.count()
    assert 90 <= lag.seconds < 90 + PATIENCE_S
    events.advance("publish", to=log.newest_position())
    assert reader.lag() == readers.Lag()


@pytest.mark.django_db(transaction=True)
def test_the_loop_publishes_what_happens_and_outlives_its_store(tmp_path: Path) -> None:
    provider = make_provider(make_master(), "acme")
    with running(valkey_binary(), tmp_path / "v") as server:
        configured = msgspec.structs.replace(
            settings.TOLLWAY, valkey_url=server.url, data_dir=tmp_path
        )

        def published(home: Home, product_id: int) -> Callable[[], bool]:
            return lambda: home.writer.position() > 0 and home.product(product_id) is not None

        with valkey_home(server.url) as home, loop(configured):
            eventually(published(home, provider.product.pk), "what was there before")
            another = provider.another_product()
            eventually(published(home, another.pk), "what happened since")
            assert (tmp_path / "run" / "worker").exists()
        server.kill()
        with loop(configured):
            server.start()  # empty
            with valkey_home(server.url) as home:
                eventually(published(home, another.pk), "everything, again")

    connection.close()
