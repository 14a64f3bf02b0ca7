"""Spends per second of a process, by our client and by valkey-py's. Run: python bench/store.py.

The same store decides the same calls on the same server, with 64 callers at once; only the client
below it differs. Also printed: what a spend costs the server, which does one at a time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop
import valkey.asyncio

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import servers
from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period
from tollway.store import Outcome, Spend
from tollway.store.cluster import Client
from tollway.store.connection import parse_url
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application
from tollway.store.valkey import FRESH_S, ValkeyStore

KEYRING = Keyring([b"b" * 32])
AT = 1_700_000_000
CALLERS = 64
SPENDS = 30_000
CAPS = ((Period.MINUTE, 10**9), (Period.MONTH, 10**9))
ENTRIES = (Entry("10", Kind.ADD, 1, CAPS), Entry("11", Kind.ADD, 1, CAPS))


class PlainClient:
    """valkey-py's client, as one would use it: a pool of connections, a command each."""

    def __init__(self, url: str) -> None:
        self._client = valkey.asyncio.Valkey.from_url(url)

    async def connect(self) -> None:
        await self._client.ping()

    async def close(self) -> None:
        await self._client.aclose()

    async def call(self, _slot: int, *command: Any) -> Any:  # noqa: ANN401  (any reply)
        return await self._client.execute_command(*command)


async def spends_per_second(make: Callable[[], Any]) -> float:
    client = make()
    await client.connect()
    store = ValkeyStore(client, KEYRING, FRESH_S)
    applications = [await store.application("1", f"app{n}") for n in range(100)]
    left = iter(range(SPENDS))

    async def caller() -> None:
        for n in left:
            known = applications[n % 100]
            assert known
            spend = Spend("1", known.id, known.revision, ENTRIES, AT, AT, 200)
            assert (await store.spend(spend)).outcome is Outcome.DONE

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    took_s = time.perf_counter() - start
    await store.close()
    return SPENDS / took_s


def main() -> None:
    with servers.short_directory() as directory, servers.valkey_server(directory) as url:
        publisher = Publisher.connect(url, KEYRING)
        for n in range(100):
            publisher.put_application(Application("1", f"app{n}", "active", "7", "Basic"))
        publisher.mark(1)
        ours, plain = [], []
        for _ in range(3):
            ours.append(uvloop.run(spends_per_second(lambda: Client(*parse_url(url)))))
            plain.append(uvloop.run(spends_per_second(lambda: PlainClient(url))))
        cost = servers.client_of(url).info("commandstats")["cmdstat_fcall"]["usec_per_call"]
    print(f"our client    {max(ours):8.0f} spends/s of two metrics, {CALLERS} callers")
    print(f"valkey-py     {max(plain):8.0f} spends/s")
    print(f"ratio         {max(ours) / max(plain):8.1f}")
    print(f"server        {cost:8.1f} us a spend")


if __name__ == "__main__":
    main()
