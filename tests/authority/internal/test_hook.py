"""Whoever fetches events is told when there are some, and only that."""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Iterator

import pytest

import servers
from authority.published import KEYRING
from tollway.authority.internal.calls import Store
from tollway.authority.internal.hook import PAUSE_S, Hook
from tollway.store import keys, sync
from tollway.store.notebook import Notebook
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Source
from tollway.store.usage import UsageStreams


class Portal(http.server.BaseHTTPRequestHandler):
    rung: list[bytes]
    status = 200

    def do_POST(self) -> None:
        self.rung.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def portal() -> Iterator[tuple[type[Portal], str]]:
    handler = type("Rung", (Portal,), {"rung": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield handler, f"http://portal.localhost:{server.server_port}/events"
        server.shutdown()


@pytest.fixture
def store(valkey_url: str) -> Iterator[Store]:
    servers.client_of(valkey_url).flushall()
    client = sync.connect(valkey_url)
    publisher = Publisher(client, KEYRING, Source.INTERNAL)
    store = Store(publisher, Notebook(client), UsageStreams(client, Source.INTERNAL))
    yield store
    store.close()


def test_it_is_time_once_a_minute_while_there_are_events(valkey_url: str, store: Store) -> None:
    hook, client = Hook("http://portal.example", "s3cret"), servers.client_of(valkey_url)
    assert not hook.due(store)
    store.publisher.change(lambda draft: draft.tell(b"{}"))
    assert not Hook().due(store)
    assert [hook.due(store) for _ in range(3)] == [True, False, False]
    assert 0 < client.ttl(keys.RUNG) <= PAUSE_S
    client.delete(keys.RUNG)  # a minute is over
    assert hook.due(store)
    client.delete(keys.RUNG, keys.EVENTS)
    assert not hook.due(store)


def test_what_is_said_is_the_secret(portal: tuple[type[Portal], str]) -> None:
    handler, url = portal
    asyncio.run(Hook(url, "s3cret & more").ring())
    assert handler.rung == [b"secret=s3cret+%26+more"]


@pytest.mark.parametrize(
    ("path", "expected"), [("", "answers 500"), (None, "does not answer: ConnectError")]
)
def test_who_does_not_take_it_is_named_without_the_secret(
    portal: tuple[type[Portal], str],
    caplog: pytest.LogCaptureFixture,
    path: str | None,
    expected: str,
) -> None:
    handler, url = portal
    handler.status = 500
    asyncio.run(Hook("http://127.0.0.1:1/" if path is None else url, "s3cret").ring())
    assert f"the events hook {expected}" in caplog.text
    assert "s3cret" not in caplog.text
