"""What gateways hand on of what they refused: taken for their tenant's products, and only so."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from authority.published import KEYRING
from tollway.authority.gateways import HEADERS
from tollway.authority.refusals import BATCH_MAX, Refusals
from tollway.authority.routes import Request, Routes
from tollway.authority.wire import Reply
from tollway.store.memory import MemoryStore
from tollway.store.notes import List, Refusal, RefusingLimit
from tollway.store.snapshot import Gateway, Product

ID = "ab" * 16
LIMIT = {"metric": "hits", "period": "day", "used": 3, "maximum": 3, "units": 1}
LINE = {
    "id": ID,
    "at": 1_700_000_000,
    "service": "1",
    "environment": "staging",
    "method": "GET",
    "path": "/v1?page=…",
    "status": 429,
    "reason": "limits_exceeded",
    "rules": ["/v1"],
    "usage": {"hits": 1},
    "told": json.dumps({"reason": "x", "application": "app", "limits": [LIMIT]}),
}


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(KEYRING)
    for token, gateway in (
        ("all", Gateway(None)),
        ("acme", Gateway("acme")),
        ("globex", Gateway("globex")),
        ("production-only", Gateway("acme", ["production"])),
    ):
        store.put_gateway(KEYRING.digest("gateway_token", token), gateway)
    store.put_product(Product("1", "acme", "1"))
    return store


def send(store: MemoryStore, body: Any, gateway: str = "acme") -> Reply:
    headers = {"authorization": f"Bearer {gateway}"}
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("POST", Refusals.PATH, "", headers, text)
    return asyncio.run(Routes(store, KEYRING)(request))


def kept(store: MemoryStore, service_id: str = "1") -> list[Any]:
    return list(store.notes.get((List.REFUSALS, service_id), ()))


def test_a_refusal_is_kept_with_what_the_authority_had_told(store: MemoryStore) -> None:
    reply = send(store, [LINE])
    assert (reply.status, json.loads(reply.body)) == (200, {"kept": 1})
    assert reply.headers == HEADERS
    assert kept(store) == [
        Refusal(
            ID,
            1_700_000_000,
            "staging",
            "GET",
            "/v1?page=…",
            429,
            "limits_exceeded",
            ("/v1",),
            {"hits": 1},
            "app",
            (RefusingLimit("hits", "day", 3, 3, 1),),
        )
    ]


def test_the_newest_stands_first(store: MemoryStore) -> None:
    send(store, [LINE | {"status": 403}, LINE | {"status": 404}])
    send(store, [LINE])
    assert [line.status for line in kept(store)] == [429, 404, 403]


@pytest.mark.parametrize(
    ("token", "count"), [("all", 1), ("acme", 1), ("globex", 0), ("production-only", 0)]
)
def test_a_gateway_tells_of_what_its_token_covers_only(
    store: MemoryStore, token: str, count: int
) -> None:
    assert json.loads(send(store, [LINE], token).body) == {"kept": count}
    assert len(kept(store)) == count


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "not an id"},
        {"id": 7},
        {"path": "/" * 5000},
        {"reason": "r" * 65},
        {"rules": ["/"] * 51},
        {"service": "2"},
        {"environment": "moon"},
        {"at": "now"},
    ],
)
def test_what_makes_no_sense_is_left_out_and_the_rest_is_kept(
    store: MemoryStore, wrong: dict[str, Any]
) -> None:
    assert json.loads(send(store, [LINE | wrong, LINE, 7]).body) == {"kept": 1}
    assert [line.id for line in kept(store)] == [ID]


@pytest.mark.parametrize("told", ["", "[]", "{", json.dumps({"application": "x" * 300})])
def test_without_sense_in_what_was_told_the_call_is_kept_still(
    store: MemoryStore, told: str
) -> None:
    send(store, [LINE | {"told": told}])
    [line] = kept(store)
    assert (line.application, line.limits) == ("", ())


def test_a_token_is_needed_and_a_batch_of_some_size(store: MemoryStore) -> None:
    assert send(store, [LINE], "nobody's").status == 401
    assert send(store, b"{").status == 400
    assert send(store, {"a": 1}).status == 400
    assert send(store, b"[" * 100_000).status == 400
    assert send(store, [LINE] * (BATCH_MAX + 1)).status == 400
    assert kept(store) == []
