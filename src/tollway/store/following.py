"""Readers of the configuration feed on a server: any number of them wait on one poll.

While somebody waits, one task looks every 100 ms at how far the feeds are. A reader asks for
changes only when its feed has moved.
"""

from __future__ import annotations

import asyncio

import msgspec

from tollway.store import StoreUnavailableError, keys
from tollway.store.cluster import Client
from tollway.store.feed import cursor, position_of
from tollway.store.sealing import Keyring
from tollway.store.snapshot import ENVIRONMENTS, Configurations, Gateway

POLL_S = 0.1
SEAL = "proxy_config"  # the context that documents are sealed under


class Follower:
    def __init__(self, client: Client, keyring: Keyring) -> None:
        self._client = client
        self._keyring = keyring
        self._feeds = {environment: keys.feed(environment) for environment in ENVIRONMENTS}
        self._slots = {e: keys.slot(feed.feed) for e, feed in self._feeds.items()}
        self._heads = dict.fromkeys(ENVIRONMENTS, "")  # cursor of the newest change; "" if closed
        self._moved = asyncio.Event()  # replaced each time it is set
        self._failure: StoreUnavailableError | None = None
        self._waiting = 0
        self._poll: asyncio.Task[None] | None = None

    async def step(
        self, gateway: Gateway, environment: str, *, after: str, wait_s: float
    ) -> Configurations:
        """Return what changed since ``after``, waiting for it (see ``Store.configurations``)."""
        if environment not in self._feeds:
            raise ValueError(f"environment is one of {', '.join(ENVIRONMENTS)}")
        until = asyncio.get_running_loop().time() + wait_s
        visible = environment in gateway.environments
        while True:
            if visible:
                step = await self._since(gateway, environment, after)
            else:
                step = Configurations(after, complete=False)
            if step.complete or step.services or step.removed:
                return step
            after = step.cursor
            if not await self._wait(environment, until):
                return step

    async def close(self) -> None:
        if self._poll:
            self._poll.cancel()
            await asyncio.gather(self._poll, return_exceptions=True)

    async def _since(self, gateway: Gateway, environment: str, after: str) -> Configurations:
        generation, _, position = after.rpartition("-")
        if position_of(after, generation) is None:
            generation, position = "", "0"
        feed = self._feeds[environment]
        reply = await self._client.call(
            self._slots[environment],
            *("FCALL", "changes_v1", 4, *msgspec.structs.astuple(feed), generation, position),
            *("1" if gateway.owner is None else "0", gateway.owner or ""),
        )
        generation, position = reply[0].decode(), reply[1].decode()
        self._heads[environment] = head = cursor(generation, int(position)) if generation else ""
        return Configurations(
            head or after,
            complete=bool(reply[2]),
            services=[self._opened(sealed) for sealed in reply[3]],
            removed=[service_id.decode() for service_id in reply[4]],
        )

    def _opened(self, sealed: bytes) -> dict[str, object]:
        document = self._keyring.unseal(sealed, SEAL)
        return msgspec.json.decode(document, type=dict[str, object])

    async def _wait(self, environment: str, until: float) -> bool:
        """Wait until the feed moves; False when the time is over. Raises the poll's failure."""
        head = self._heads[environment]
        self._waiting += 1
        if self._poll is None or self._poll.done():
            self._failure = None
            self._poll = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout_at(until):
                while self._heads[environment] == head:
                    await self._moved.wait()
                    if self._failure:
                        raise self._failure
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    async def _look(self) -> None:
        """Look at the feeds until nobody waits any more."""
        while self._waiting and not self._failure:
            await asyncio.sleep(POLL_S)
            try:
                heads = await asyncio.gather(*(self._head(e) for e in ENVIRONMENTS))
            except StoreUnavailableError as error:
                self._failure = error
            else:
                if heads == [self._heads[environment] for environment in ENVIRONMENTS]:
                    continue
                self._heads = dict(zip(ENVIRONMENTS, heads, strict=True))
            self._moved.set()
            self._moved = asyncio.Event()

    async def _head(self, environment: str) -> str:
        feed, slot = self._feeds[environment].feed, self._slots[environment]
        generation, position = await self._client.call(
            slot, "HMGET", feed, "generation", "position"
        )
        return cursor(generation.decode(), int(position or 0)) if generation else ""
