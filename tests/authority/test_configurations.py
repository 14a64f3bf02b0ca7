from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from authority.published import KEYRING
from tollway.authority.configurations import Configurations
from tollway.authority.routes import Request, Routes
from tollway.authority.wire import Reply
from tollway.store.memory import MemoryStore
from tollway.store.snapshot import Gateway

DOCUMENT = {"id": 1, "proxy": {"api_backend": "http://echo.localhost"}}


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(KEYRING)
    for token, gateway in (
        ("all", Gateway(None)),
        ("acme", Gateway("acme")),
        ("globex", Gateway("globex")),
        ("staging-only", Gateway("acme", ["staging"])),
    ):
        store.put_gateway(KEYRING.digest("gateway_token", token), gateway)
    store.put_configuration("staging", "acme", "1", DOCUMENT)
    return store


async def feed(store: MemoryStore, query: str, authorization: str = "Bearer acme") -> Reply:
    headers = {"authorization": authorization}
    return await Routes(store, KEYRING)(Request("GET", Configurations.PATH, query, headers))


def step(store: MemoryStore, query: str, gateway: str = "acme") -> dict[str, Any]:
    reply = asyncio.run(feed(store, query, f"Bearer {gateway}"))
    assert reply.status == 200
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


@pytest.mark.parametrize(
    ("token", "services"), [("all", [DOCUMENT]), ("acme", [DOCUMENT]), ("globex", [])]
)
def test_a_gateway_sees_its_tenants_services(
    store: MemoryStore, token: str, services: list[Any]
) -> None:
    first = step(store, "environment=staging", token)
    assert (first["complete"], first["services"], first["removed"]) == (True, services, [])
    assert step(store, "environment=production", token)["services"] == []


def test_the_cursor_leads_to_what_changed_since(store: MemoryStore) -> None:
    cursor = step(store, "environment=staging")["cursor"]
    empty = step(store, f"environment=staging&after={cursor}")
    assert empty == {"cursor": cursor, "complete": False, "services": [], "removed": []}
    store.remove_configuration("staging", "1")
    assert step(store, f"environment=staging&after={cursor}")["removed"] == ["1"]


def test_a_poll_is_answered_when_something_changes(store: MemoryStore) -> None:
    async def play() -> Reply:
        first = json.loads((await feed(store, "environment=staging")).body)
        query = f"environment=staging&after={first['cursor']}&wait=10"
        poll = asyncio.create_task(feed(store, query))
        await asyncio.sleep(0)
        store.put_configuration("staging", "acme", "2", {"id": 2})
        return await poll

    assert json.loads(asyncio.run(play()).body)["services"] == [{"id": 2}]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer nope", "Basic acme"])
def test_without_a_token_that_is_known_nothing_is_told(
    store: MemoryStore, authorization: str
) -> None:
    reply = asyncio.run(feed(store, "environment=staging", authorization))
    assert (reply.status, list(json.loads(reply.body))) == (401, ["error"])


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("", 400, "environment"),
        ("environment=sandbox", 400, "environment"),
        ("environment[]=staging", 400, "environment"),
        ("environment=staging&wait=26", 400, "wait"),
        ("environment=staging&wait=-1", 400, "wait"),
        ("environment=staging&wait=nan", 400, "wait"),
        ("environment=staging&wait=soon", 400, "wait"),
        ("environment=staging&wait", 400, "wait"),
        ("environment=staging&after[]=x", 400, "after"),
        ("environment=%zz", 400, "query"),
        ("environment=production", 403, "environment"),
    ],
)
def test_a_bad_parameter_is_named(store: MemoryStore, query: str, status: int, name: str) -> None:
    reply = asyncio.run(feed(store, query, "Bearer staging-only"))
    assert reply.status == status
    assert name in json.loads(reply.body)["error"]


@pytest.mark.parametrize("loops_before", [0, 1, 20])
def test_hanging_up_answers_those_who_wait_and_those_who_come(
    store: MemoryStore, loops_before: int
) -> None:
    async def hung_up() -> Reply:
        routes = Routes(store, KEYRING)
        query = f"environment=staging&wait=25&after={cursor}"
        poll = asyncio.create_task(
            routes(Request("GET", Configurations.PATH, query, {"authorization": "Bearer acme"}))
        )
        for _ in range(loops_before):
            await asyncio.sleep(0)
        routes.hang_up()
        async with asyncio.timeout(10):
            return await poll

    cursor = step(store, "environment=staging")["cursor"]
    empty = {"cursor": cursor, "complete": False, "services": [], "removed": []}
    assert json.loads(asyncio.run(hung_up()).body) == empty
