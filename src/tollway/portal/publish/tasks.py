"""The publish reader as a loop: what the worker runs for as long as it lives."""

from __future__ import annotations

import logging
import threading

from django.db import Error as DatabaseError
from django.db import connection

from tollway.config import Settings
from tollway.portal.fields import keyring
from tollway.portal.publish.services import BATCH, Store, publish_events
from tollway.store import StoreUnavailableError
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Gateway

POLL_S = 0.1
PAUSE_S = 1.0  # after a failure

_logger = logging.getLogger(__name__)


def run(settings: Settings, stop: threading.Event) -> None:
    """Publish until ``stop`` is set. When SQL or the store is away, say so once and try again.

    Touches `data-dir/run/worker` after every round, as a sign of life for the supervisor.
    """
    sign_of_life = settings.data_dir / "run" / "worker"
    sign_of_life.parent.mkdir(parents=True, exist_ok=True)
    publisher: Publisher | None = None
    failing = False
    while not stop.is_set():
        try:
            if publisher is None:
                publisher = Publisher.connect(settings.valkey_url, keyring())
            count = publish_round(publisher, settings.gateway_token)
        except (StoreUnavailableError, DatabaseError) as error:
            if not failing:
                _logger.warning("publishing has stopped for now: %s", error)
            failing = True
            connection.close()
            stop.wait(PAUSE_S)
            continue
        if failing:
            _logger.warning("publishing goes on")
        failing = False
        sign_of_life.touch()
        if count < BATCH:
            stop.wait(POLL_S)
    if publisher is not None:
        publisher.close()
    connection.close()


def publish_round(store: Store, gateway_token: str) -> int:
    """Publish the next events, and let our own gateway in; return the number of events."""
    if gateway_token:
        store.put_gateway(keyring().digest("gateway_token", gateway_token), Gateway(owner=None))
    return publish_events(store)
