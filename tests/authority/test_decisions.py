"""Where the Service Management API leaves a choice (section 20), what Tollway has chosen.

Those that can be told by one answer are vectors (``decisions``); these need more than one.
docs/service-management-api.md says the same in words.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

import servers
from authority.published import KEYRING, application_record, ask, product, publish
from authority.xml_vectors import AT
from tollway.authority.routes import Routes
from tollway.store.publishing import Publisher
from tollway.store.valkey import ValkeyStore

SERVICE = {
    "id": "1",
    "owner": "acme",
    "mode": "2",
    "tokens": ["t"],
    "plans": {"basic": {"name": "Basic", "limits": [["1", "day", 9]]}},
    "applications": [{"id": "a", "keys": ["k", "l"]}],
}
CALL = "GET /transactions/authrep.xml?service_token=t&service_id=1&app_id=a&app_key=k&usage[hits]=1"
STRICT = {"basic": {"name": "Basic", "limits": [["1", "day", 0]]}}

Status = Callable[[], Awaitable[int]]


@pytest.fixture
def publisher(valkey_url: str) -> Iterator[Publisher]:
    servers.client_of(valkey_url).flushall()
    publisher = Publisher.connect(valkey_url, KEYRING)
    publish(publisher, {"services": [SERVICE]})
    publisher.mark(1)
    yield publisher
    publisher.close()


def tell(url: str, story: Callable[[Status], Awaitable[None]]) -> None:
    """Tell a story of calls to a process that remembers what it has looked up."""

    async def told() -> None:
        store = await ValkeyStore.connect(url, KEYRING)
        routes = Routes(store, KEYRING, lambda: AT)

        async def status() -> int:
            return (await ask(routes, CALL)).status

        try:
            assert await status() == 200
            await story(status)
        finally:
            await store.close()

    asyncio.run(told())


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"keys": ["l"]}, 409), ({"state": "suspended"}, 409), ({"keys": []}, 200)],
    ids=["a key deleted", "suspended", "all keys deleted"],
)
def test_20_not_60_seconds_but_at_once_a_changed_application(
    valkey_url: str, publisher: Publisher, change: dict[str, object], expected: int
) -> None:
    async def story(status: Status) -> None:
        publisher.put_application(application_record("1", {"id": "a", "keys": ["k"], **change}))
        assert await status() == expected

    tell(valkey_url, story)


def test_20_not_60_seconds_but_at_once_a_deleted_application(
    valkey_url: str, publisher: Publisher
) -> None:
    async def story(status: Status) -> None:
        publisher.remove_application("1", "a")
        assert await status() == 404

    tell(valkey_url, story)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p.put_product(product({**SERVICE, "plans": STRICT})), 409),
        (lambda p: p.put_product(product({**SERVICE, "state": "suspended"})), 409),
        (lambda p: p.remove_service_token("1", KEYRING.digest("service_token", "t")), 403),
    ],
    ids=["a limit", "a product suspended", "a token deleted"],
)
def test_20_not_60_seconds_but_soon_what_belongs_to_the_product(
    valkey_url: str,
    publisher: Publisher,
    change: Callable[[Publisher], None],
    expected: int,
) -> None:
    async def story(status: Status) -> None:
        change(publisher)
        until = time.monotonic() + servers.PATIENCE_S
        while await status() != expected:
            assert time.monotonic() < until
            await asyncio.sleep(0.05)

    tell(valkey_url, story)
