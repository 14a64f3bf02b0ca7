"""The wire format, byte for byte: ``vectors/authrep.json`` through the routes, without sockets.

The same cases run on the store's specification and on a real Valkey.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
import valkey

from authority.published import KEYRING, ask, publish
from conftest import vectors
from tollway.authority.routes import Routes
from tollway.authority.wire import Reply
from tollway.store import Store
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.valkey import ValkeyStore

VECTORS = vectors("authrep")
CASES = pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["name"])


async def send(routes: Routes, given: Mapping[str, Any] | str) -> Reply:
    if isinstance(given, str):
        return await ask(routes, given)
    headers = {"3scale_options": given.get("options", "")}
    if "content_type" in given:
        headers["content_type"] = given["content_type"]
    return await ask(routes, given["ask"], given.get("form", ""), **headers)


async def played(store: Store, case: Mapping[str, Any]) -> Reply:
    routes = Routes(store, KEYRING, lambda: int(case.get("at", VECTORS["at"])))
    for earlier in case.get("before", []):
        await send(routes, earlier)
    return await send(routes, case)


def assert_answers(reply: Reply, case: Mapping[str, Any]) -> None:
    extensions = {k: v for k, v in reply.headers if k.startswith("3scale-")}
    seen = (reply.status, reply.body.decode(), extensions)
    assert seen == (case["status"], case["body"], case.get("headers", {}))


@CASES
def test_vectors(case: dict[str, Any]) -> None:
    store = MemoryStore(KEYRING)
    publish(store, VECTORS["state"])
    assert_answers(asyncio.run(played(store, case)), case)


@CASES
def test_vectors_on_valkey(valkey_url: str, case: dict[str, Any]) -> None:
    valkey.Valkey.from_url(valkey_url).flushall()
    publisher = Publisher.connect(valkey_url, KEYRING)
    publish(publisher, VECTORS["state"])
    publisher.mark(1)

    async def play() -> Reply:
        store = await ValkeyStore.connect(valkey_url, KEYRING)
        try:
            return await played(store, case)
        finally:
            await store.close()

    assert_answers(asyncio.run(play()), case)
