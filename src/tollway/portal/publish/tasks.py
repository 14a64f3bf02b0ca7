"""The publish reader, as the worker runs it for as long as it lives."""

from __future__ import annotations

from tollway import clock
from tollway.config import Settings
from tollway.portal.accounts.services import retire_provider_keys
from tollway.portal.applications.services import retire_credentials
from tollway.portal.events import selectors as log
from tollway.portal.events.readers import Lag
from tollway.portal.fields import keyring
from tollway.portal.publish.services import (
    BATCH,
    READER,
    Store,
    publish_events,
    publish_what_was_asked_for,
)
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Gateway

POLL_S = 0.1
SETTLE_S = 1.0  # between two looks for what has ended, and words for our own gateway


class PublishReader:
    """Touches `data-dir/run/worker` after every step, as a sign of life for the supervisor."""

    name = READER

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._publisher: Publisher | None = None
        self._settle_at_s = 0.0

    def step(self) -> float:
        """Publish the next events; return how long to wait: not at all if there are more."""
        if self._publisher is None:
            publisher = Publisher.connect(self._settings.valkey_url, keyring())
            publish_what_was_asked_for(publisher)
            self._publisher = publisher
        since_boot_s = clock.since_boot_s()
        if since_boot_s >= self._settle_at_s:
            settle(self._publisher, self._settings.gateway_token)
            self._settle_at_s = since_boot_s + SETTLE_S
        count = publish_events(self._publisher)
        sign_of_life = self._settings.data_dir / "run" / "worker"
        sign_of_life.parent.mkdir(parents=True, exist_ok=True)
        sign_of_life.touch()
        return POLL_S if count < BATCH else 0

    def lag(self) -> Lag:
        """Return how many events wait; of all tenants, since the oldest of them."""
        position = log.position_of(READER)
        waiting = log.waiting(position)
        if waiting is None:
            return Lag()
        count, since = waiting
        return Lag(count, max(0, clock.now() - int(since.timestamp())))

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()


def settle(store: Store, gateway_token: str) -> None:
    """Let our own gateway in, and end the credentials whose moment has come.

    An expiry is an event like any other: the next step publishes it.
    """
    now = clock.utc_now()
    retire_credentials(now)
    retire_provider_keys(now)
    if gateway_token:
        store.put_gateway(keyring().digest("gateway_token", gateway_token), Gateway(owner=None))
