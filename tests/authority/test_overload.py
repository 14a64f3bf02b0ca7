"""What happens when more is asked than can be done: some are told so at once, nobody waits long."""

from __future__ import annotations

import asyncio
import signal

import pytest

from acceptance.traffic import Traffic
from acceptance.world import eventually
from authority.published import KEYRING, ask, publish
from authority.running import TOKEN, authority_running
from authority.xml_vectors import STATE
from tollway.authority import routes as module
from tollway.authority.routes import Routes
from tollway.store import Spend, Spent
from tollway.store.memory import MemoryStore

CALL = f"GET /transactions/authrep.xml?{TOKEN}&user_key=uk-open&usage[hits]=1"
MAX = 3


class Busy(MemoryStore):
    """A store that takes its time."""

    def __init__(self) -> None:
        super().__init__(KEYRING)
        self.free = asyncio.Event()

    async def spend(self, spend: Spend) -> Spent:
        await self.free.wait()
        return await super().spend(spend)


def test_calls_beyond_what_a_process_does_at_once_are_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "UNDER_WAY_MAX", MAX)

    async def story() -> None:
        store = Busy()
        publish(store, STATE)
        routes = Routes(store, KEYRING)
        under_way = [asyncio.create_task(ask(routes, CALL)) for _ in range(MAX)]
        await asyncio.sleep(0)
        refused = await ask(routes, CALL)
        assert refused.status == 503
        assert ("retry-after", "1") in refused.headers
        assert (await ask(routes, "GET /status")).status == 200
        store.free.set()
        assert [(await each).status for each in under_way] == [200] * MAX
        assert (await ask(routes, CALL)).status == 200
        assert len(store.usage) == MAX + 1

    asyncio.run(story())


def test_a_store_that_hangs_lets_nobody_wait_for_long() -> None:
    """Every call is answered while it hangs, and counted again once it goes on."""
    with authority_running() as authority:
        url = f"{authority.url}/transactions/authrep.xml?{TOKEN}&usage%5Bhits%5D=1"
        traffic = Traffic(url, ["uk-open"], clients=32, pause_s=0.0)
        traffic.start()
        eventually(lambda: traffic.admitted() >= 100, "calls pass")
        authority.store.signal(signal.SIGSTOP)
        eventually(
            lambda: sum(call.status == 503 for call in traffic.calls) >= 100, "calls are told"
        )
        authority.store.signal(signal.SIGCONT)
        before = traffic.admitted()
        eventually(lambda: traffic.admitted() >= before + 100, "calls pass again")
        traffic.stop()
        waited_s = max(call.ended - call.began for call in traffic.calls)
        print(f"{len(traffic.calls)} calls, the longest took {waited_s:.1f} s")  # noqa: T201
        assert {call.status for call in traffic.calls} == {200, 503}
        assert all(call.retry_after for call in traffic.calls if call.status == 503)
