"""The feed that gateways follow: which services exist, and how each is to be served.

JSON over a long poll. A gateway shows the token of one tenant (or of the installation) and sees
nothing of anybody else's. Documents hold service tokens, so nothing here is logged or cached.
"""

from __future__ import annotations

import asyncio

import msgspec

from tollway.authority import params
from tollway.authority.gateways import HEADERS, gateway_of, refused
from tollway.authority.wire import Reply
from tollway.store import Store
from tollway.store.snapshot import ENVIRONMENTS, Gateway
from tollway.store.snapshot import Configurations as Step

WAIT_S_MAX = 25.0
_ENCODER = msgspec.json.Encoder()


class _Wanted(msgspec.Struct, frozen=True):
    environment: str
    after: str
    wait_s: float


class Configurations:
    PATH = "/gateway/v1/configurations"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._polls: set[asyncio.Timeout] = set()
        self._hung_up = False

    async def step(self, authorization: str, query: str) -> Reply:
        """Answer with what changed after a cursor, at once or when something does.

        Raises ``StoreUnavailableError``.
        """
        gateway = await gateway_of(self._store, authorization)
        if isinstance(gateway, Reply):
            return gateway
        wanted = _wanted(query)
        if isinstance(wanted, str):
            return refused(400, wanted)
        if wanted.environment not in gateway.environments:
            return refused(403, f"environment: this token does not cover {wanted.environment}")
        return Reply(200, HEADERS, _ENCODER.encode(await self._poll(gateway, wanted)))

    def hang_up(self) -> None:
        """Answer every poll that is waiting, and from now on at once: nothing new."""
        self._hung_up = True
        while self._polls:
            self._polls.pop().reschedule(0)

    async def _poll(self, gateway: Gateway, wanted: _Wanted) -> Step:
        poll = asyncio.timeout(0 if self._hung_up else None)
        try:
            async with poll:
                self._polls.add(poll)
                return await self._store.configurations(
                    gateway, wanted.environment, after=wanted.after, wait_s=wanted.wait_s
                )
        except TimeoutError:
            return Step(wanted.after, complete=False)
        finally:
            self._polls.discard(poll)


def _wanted(query: str) -> _Wanted | str:
    """Read the parameters, or return what is wrong with one of them, by its name."""
    parsed = params.parse(query)
    if isinstance(parsed, params.Malformed) or not parsed.valid:
        return "the query must be parameters in percent-encoded UTF-8"
    environment, after, wait = (
        parsed.values.get(name, default)
        for name, default in (("environment", ""), ("after", ""), ("wait", "0"))
    )
    if environment not in ENVIRONMENTS:
        return f"environment: must be one of {', '.join(ENVIRONMENTS)}"
    if not isinstance(after, str):
        return "after: must be a cursor that an answer of this feed has given"
    wait_s = _seconds(wait)
    if wait_s is None:
        return f"wait: must be a number of seconds from 0 to {WAIT_S_MAX:g}"
    return _Wanted(str(environment), after, wait_s)


def _seconds(wait: object) -> float | None:
    """Read "7" or "2.5"; None if it is not a number in range ("nan" is not)."""
    try:
        wait_s = float(wait) if isinstance(wait, str) else -1.0
    except ValueError:
        return None
    return wait_s if 0 <= wait_s <= WAIT_S_MAX else None
