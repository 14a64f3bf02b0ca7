"""A store as both of its sides see it: the portal writes, the data planes ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import valkey

from portal.people import Provider
from tollway.portal.fields import keyring
from tollway.portal.publish.services import Store as Writer
from tollway.portal.publish.services import publish_events
from tollway.store import Store as Reader
from tollway.store.memory import MemoryStore
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Application, Gateway, Owner, Product
from tollway.store.valkey import ValkeyStore

T = TypeVar("T")
ALL = Gateway(owner=None)


class Home:
    """``ask`` runs one question to the store in an event loop of its own."""

    def __init__(
        self, writer: Writer, ask: Callable[[Callable[[Reader], Awaitable[Any]]], Any]
    ) -> None:
        self.writer = writer
        self._ask = ask

    def catch_up(self) -> None:
        """Publish until the log has nothing more to tell."""
        while publish_events(self.writer):
            pass

    def product(self, product_id: int) -> Product | None:
        found: Product | None = self._ask(lambda s: s.product(str(product_id)))
        return found

    def application(self, product_id: int, application_id: str) -> Application | None:
        found: Application | None = self._ask(
            lambda s: s.application(str(product_id), application_id)
        )
        return found

    def by_user_key(self, product_id: int, key: str) -> Application | None:
        found: Application | None = self._ask(
            lambda s: s.application_by_user_key(str(product_id), key)
        )
        return found

    def service_token(self, token: str, product_id: int) -> bool:
        return bool(self._ask(lambda s: s.service_token(token, str(product_id))))

    def provider(self, key: str) -> Owner | None:
        found: Owner | None = self._ask(lambda s: s.provider(key))
        return found

    def gateway(self, token: str) -> Gateway | None:
        found: Gateway | None = self._ask(lambda s: s.gateway(token))
        return found

    def served(self, environment: str) -> dict[int, Any]:
        """Return the documents of an environment by product."""
        step = self._ask(lambda s: s.configurations(ALL, environment, after="", wait_s=0))
        return {service["id"]: service for service in step.services}


def memory_home() -> Home:
    store = MemoryStore(keyring(), position=0)

    async def ask(question: Callable[[Reader], Awaitable[T]]) -> T:
        return await question(store)

    return Home(store, lambda question: asyncio.run(ask(question)))


@contextmanager
def valkey_home(url: str) -> Iterator[Home]:
    """Yield a home on the server at ``url``, empty."""
    with valkey.Valkey(unix_socket_path=url.removeprefix("unix://")) as client:
        client.flushall()
    publisher = Publisher.connect(url, keyring())

    async def ask(question: Callable[[Reader], Awaitable[T]]) -> T:
        store = await ValkeyStore.connect(url, keyring())
        try:
            return await question(store)
        finally:
            await store.close()

    yield Home(publisher, lambda question: asyncio.run(ask(question)))
    publisher.close()


def record_of(home: Home, provider: Provider) -> Application | None:
    return home.application(provider.product.pk, provider.application.application_id)


def document_of(home: Home, provider: Provider) -> Product:
    found = home.product(provider.product.pk)
    assert found
    return found
