"""The wire format, byte for byte: ``vectors/authrep-xml`` through the routes, without sockets.

The same cases run on the store's specification and on a real Valkey, there in a process that has
seen the applications before: what it remembers must not change an answer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import valkey

from authority.published import KEYRING, publish
from authority.xml_vectors import AT, CASES, STATE, Answer, Case, expected, send
from tollway.authority.routes import Routes
from tollway.store import Store
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.valkey import ValkeyStore

SECTION = re.compile(r"(?:(?:\d+(?:\.\d+)*|clients|ours) )+\D")
EACH = pytest.mark.parametrize("case", CASES)


class Clock:
    """Stands at what a request says its time is."""

    at = AT

    def __call__(self) -> int:
        return self.at

    def set(self, given: Mapping[str, Any] | str) -> None:
        self.at = AT if isinstance(given, str) else given.get("at", AT)


def introductions(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield calls that are right, and count nothing, for every application of every service."""
    keys = {owner["id"]: key for key, owner in STATE["providers"].items()}
    for service in state.get("services", []):
        callers = [f"service_token={token}" for token in service.get("tokens", [])]
        for caller in [*callers, f"provider_key={keys[service['owner']]}"]:
            for application in service.get("applications", []):
                credentials = (
                    {"user_key": application["user_keys"][0]}
                    if "user_keys" in application
                    else {"app_id": application["id"]}
                )
                query = f"{caller}&service_id={service['id']}&{urlencode(credentials)}"
                yield f"GET /transactions/authorize.xml?{query}"


async def played(store: Store, case: Case, seen: Iterable[str] = ()) -> Answer:
    clock = Clock()
    routes = Routes(store, KEYRING, clock)
    for call in seen:
        await send(routes, call)
    for earlier in case.get("before", []):
        clock.set(earlier)
        await send(routes, earlier)
    clock.set(case)
    reply = await send(routes, case)
    return reply.status, reply.body.decode(), dict(reply.headers)


@EACH
def test_in_memory(case: Case) -> None:
    store = MemoryStore(KEYRING)
    for state in (STATE, case.get("state", {})):
        publish(store, state)
    assert asyncio.run(played(store, case)) == expected(case)


@EACH
def test_on_valkey(valkey_url: str, case: Case) -> None:
    valkey.Valkey.from_url(valkey_url).flushall()
    publisher = Publisher.connect(valkey_url, KEYRING)
    own: Mapping[str, Any] = case.get("state", {})
    looking = case["ask"].replace("authrep.xml", "authorize.xml")  # it counts nothing
    for state in (STATE, own):
        publish(publisher, state)
    publisher.mark(1)

    async def play() -> Answer:
        store = await ValkeyStore.connect(valkey_url, KEYRING)
        try:
            return await played(store, case, [*introductions(STATE), *introductions(own), looking])
        finally:
            await store.close()

    assert asyncio.run(play()) == expected(case)


def test_each_case_has_a_name_of_its_own_that_begins_with_its_section() -> None:
    names = [str(case.id).partition(": ")[2] for case in CASES]
    assert [name for name in names if not SECTION.match(name)] == []
    assert len({case.id for case in CASES}) == len(CASES)
