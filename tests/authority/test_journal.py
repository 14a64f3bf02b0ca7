"""Integration errors: which are kept, with what of them, and how many."""

from __future__ import annotations

import asyncio
import logging

import pytest

from authority.published import KEYRING, ask, publish
from conftest import vectors
from tollway.authority.answers import Rejected
from tollway.authority.journal import LINES_PER_S_MAX, Journal, message_of
from tollway.authority.routes import Routes
from tollway.store import StoreUnavailableError
from tollway.store.memory import MemoryStore
from tollway.store.notes import IntegrationError, List

STATE = vectors("authrep")["state"]
AT = 1_700_000_000
FAULT = Rejected(404, "metric_invalid", 'metric "x" is invalid')
CALLER = "service_token=tok&service_id=2"


def errors(store: MemoryStore, service_id: str = "2") -> list[IntegrationError]:
    found = store.notes.get((List.ERRORS, service_id), ())
    return [line for line in found if isinstance(line, IntegrationError)]


def noted(line: str, body: str = "") -> list[IntegrationError]:
    """Return what one request leaves behind."""
    store = MemoryStore(KEYRING)
    publish(store, STATE)

    async def play() -> None:
        routes = Routes(store, KEYRING, lambda: AT)
        await ask(routes, line, body)
        await routes.journal.written()

    asyncio.run(play())
    return [error for id_ in ("1", "2") for error in errors(store, id_)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"GET /transactions/authrep.xml?{CALLER}&user_key=nobody", "user_key_invalid"),
        ("GET /transactions/authrep.xml?service_token=wrong&service_id=2&user_key=a", ""),
        (f"GET /transactions/authrep.xml?{CALLER}&user_key=a%ff", ""),
    ],
)
def test_what_is_wrong_with_a_call_is_kept_once_its_service_is_known(line: str, code: str) -> None:
    found = noted(line)
    assert [(error.at, error.code) for error in found] == ([(AT, code)] if code else [])


def test_a_report_is_kept_for_what_it_was_not_counted_for() -> None:
    body = "transactions[0][user_key]=nobody&transactions[0][usage][hits]=1"
    [error] = noted(f"POST /transactions.xml?{CALLER}", body)
    assert error.message == 'user key "nobo…" is invalid'


def test_of_a_user_key_only_the_beginning_is_kept() -> None:
    fault = Rejected(403, "user_key_invalid", 'user key "a very secret key" is invalid')
    assert message_of(fault) == 'user key "a ve…" is invalid'
    assert len(message_of(Rejected(404, "metric_invalid", "m" * 999))) == 255


def test_a_flood_leaves_so_many_lines_a_second() -> None:
    store = MemoryStore(KEYRING)
    now = AT

    async def play() -> None:
        nonlocal now
        journal = Journal(store, lambda: now)
        for _ in range(50):
            assert journal.noted("1", FAULT) is FAULT
        journal.noted("2", FAULT)
        now += 1
        journal.noted("1", FAULT, "app")
        await journal.written()

    asyncio.run(play())
    assert len(errors(store, "1")) == LINES_PER_S_MAX + 1
    assert errors(store, "1")[0].application == "app"
    assert len(errors(store, "2")) == 1


def test_a_store_that_is_away_costs_the_line_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Away(MemoryStore):
        async def note(self, *_: object) -> None:
            raise StoreUnavailableError

    async def play() -> None:
        journal = Journal(Away(KEYRING), lambda: AT)
        journal.noted("1", FAULT)
        await journal.written()

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert "service 1 is not kept" in caplog.text
