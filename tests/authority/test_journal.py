"""Integration errors: which are kept, with what of them, and how many."""

from __future__ import annotations

import asyncio
import logging

import pytest

from authority.published import KEYRING, ask, publish
from authority.xml_vectors import STATE
from tollway.authority.answers import Rejected
from tollway.authority.journal import LINES_PER_S_MAX, Journal, message_of
from tollway.authority.routes import Routes
from tollway.store import StoreUnavailableError
from tollway.store.memory import MemoryStore
from tollway.store.notes import IntegrationError, List

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
    ("query", "code"),
    [
        (f"{CALLER}&user_key=nobody", "user_key_invalid"),
        (f"{CALLER}&user_key=uk&app_id=a", "authentication_error"),
        (f"{CALLER}&user_key=uk&usage[nope]=1", "metric_invalid"),
        (f"{CALLER}&user_key=uk&usage[hits]=-1", "usage_value_invalid"),
        ("provider_key=pk&app_id=nobody", "application_not_found"),
        (f"{CALLER}&user_id=1", "end_users_no_longer_supported"),
        ("provider_key=pk&user_id=1", "end_users_no_longer_supported"),
        ("provider_key=wrong&service_id=2&user_id=1", ""),
        ("service_token=wrong&service_id=2&user_key=a", ""),
        ("provider_key=wrong&service_id=1&app_id=5", ""),
        ("provider_key=pk&service_id=77&app_id=5", ""),
        (f"{CALLER}&user_key=a%ff", ""),
        (f"{CALLER}&user_key=%zz", ""),
        (f"{CALLER}&user_key=uk&usage=5", ""),
        (f"{CALLER}&user_key=uk-closed&usage[search]=1", ""),
    ],
)
def test_what_is_wrong_with_a_call_is_kept_once_its_service_is_known(query: str, code: str) -> None:
    found = noted(f"GET /transactions/authrep.xml?{query}")
    assert [(error.at, error.code) for error in found] == ([(AT, code)] if code else [])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[user_key]=nobody", "user_key_invalid"),
        ("[user_key]=uk&transactions[0][app_id]=a", "authentication_error"),
        ("[user_key]=uk&transactions[0][usage][nope]=1", "metric_invalid"),
        ("[user_key]=uk&transactions[0][usage][other]=-1", "usage_value_invalid"),
        ("[user_key]=uk&transactions[0][timestamp]=0", "transaction_timestamp_too_old"),
        ("[user_key]=uk&transactions[0][timestamp]=0x7fffffff", "transaction_timestamp_too_new"),
        ("[user_id]=1", ""),
        ("=text", ""),
    ],
)
def test_of_a_report_what_is_found_later_is_kept_once(line: str, code: str) -> None:
    body = f"transactions[0]{line}&transactions[0][usage][hits]=1&transactions[1][user_key]=nobody"
    found = noted(f"POST /transactions.xml?{CALLER}", f"{body}&transactions[1][usage][hits]=1")
    assert [error.code for error in found] == ([code] if code else [])


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
