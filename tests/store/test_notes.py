"""Lists of notes on real servers: newest first, so many, for a while, gone with their product."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

import servers
from tollway.store import keys
from tollway.store.notebook import Notebook
from tollway.store.notes import KEPT_S, NOTES_MAX, IntegrationError, List
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Product
from tollway.store.valkey import ValkeyStore

KEYRING = Keyring([b"n" * 32])


@pytest.fixture(params=["valkey", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    with servers.client_of(url) as client:
        client.flushall()
    return url


@pytest.fixture
def book(url: str) -> Iterator[Notebook]:
    book = Notebook.connect(url)
    yield book
    book.close()


def note(url: str, lines: Sequence[IntegrationError]) -> None:
    async def write() -> None:
        store = await ValkeyStore.connect(url, KEYRING)
        try:
            await store.note(List.ERRORS, "1", lines)
        finally:
            await store.close()

    asyncio.run(write())


def test_a_list_holds_the_newest_for_a_while(url: str, book: Notebook) -> None:
    assert book.errors("1") == []
    note(url, [IntegrationError(n, "c", "m") for n in range(NOTES_MAX)])
    note(url, [IntegrationError(NOTES_MAX, "c", "m")])
    found = [error.at for error in book.errors("1")]
    assert found == list(range(NOTES_MAX, 0, -1))
    assert book.refusals("1") == []
    assert book.errors("2") == []
    with servers.client_of(url) as client:
        left_s = client.ttl(keys.notes(List.ERRORS, "1"))
    assert 0 < left_s <= KEPT_S[List.ERRORS]


def test_a_list_is_cleared_and_goes_with_its_product(url: str, book: Notebook) -> None:
    note(url, [IntegrationError(1, "c", "m")])
    book.clear(List.ERRORS, "1")
    assert book.errors("1") == []
    publisher = Publisher.connect(url, KEYRING)
    publisher.put_product(Product("1", "acme", "1"))
    note(url, [IntegrationError(1, "c", "m")])
    publisher.remove_product("1")
    publisher.close()
    assert book.errors("1") == []
