"""What publishing promises beyond what it stores: repetition, sources, secrecy, repair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import servers
from tollway.store import SourceConflictError, StoreUnavailableError, keys
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import (
    Application,
    ApplicationKey,
    Gateway,
    Owner,
    Plan,
    Product,
    Source,
    UsageLimit,
)

KEYRING = Keyring([b"p" * 32])
SECRETS = ["user-key-1", "app-key-1", "token-1", "provider-1", "gateway-1", "document-token-1"]


@pytest.fixture(params=["valkey", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    servers.client_of(url).flushall()
    return url


@pytest.fixture
def publisher(url: str) -> Iterator[Publisher]:
    publisher = Publisher.connect(url, KEYRING)
    yield publisher
    publisher.close()


def publish_everything(publisher: Publisher) -> None:
    user_key, app_key, token, provider, gateway, document_token = SECRETS
    plans = {name: Plan(name, name, [UsageLimit("10", "day", 5)]) for name in ("b", "a")}
    publisher.put_product(Product("1", "acme", "1", plans=plans))
    key = ApplicationKey(
        KEYRING.digest("app_key", "1", "app", app_key), KEYRING.seal(app_key.encode(), "app_key")
    )
    digest = KEYRING.digest("user_key", "1", user_key)
    publisher.put_application(
        Application("1", "app", "active", "a", "a", user_keys=[digest], keys=[key])
    )
    publisher.put_service_token("1", KEYRING.digest("service_token", token))
    publisher.put_provider(KEYRING.digest("provider_key", provider), Owner("acme"))
    publisher.put_gateway(KEYRING.digest("gateway_token", gateway), Gateway(None))
    document = {"id": 1, "backend_authentication_value": document_token}
    publisher.put_configuration("production", "acme", "1", document)
    publisher.mark(7)


def dump(url: str) -> dict[bytes, Any]:
    """Read every key of the server, whatever its type."""
    client = servers.client_of(url)
    readers = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    return {key: readers[client.type(key)](key) for key in sorted(client.keys())}


def test_a_dump_holds_no_credential(url: str, publisher: Publisher) -> None:
    publish_everything(publisher)
    text = repr(dump(url))
    assert [secret for secret in SECRETS if secret in text] == []


def test_publishing_twice_changes_nothing(url: str, publisher: Publisher) -> None:
    publish_everything(publisher)
    once = dump(url)
    sealed = keys.feed("production").documents.encode()
    publish_everything(publisher)
    twice = dump(url)
    # A seal is new each time; so the application, whose record holds one, has to be left out too.
    record = keys.application("1", "app").record.encode()
    for volatile in (sealed, record):
        del once[volatile], twice[volatile]
    assert twice == once


def test_the_order_of_plans_makes_no_other_content(url: str, publisher: Publisher) -> None:
    a, b = Plan("a", "A"), Plan("b", "B")
    publisher.put_product(Product("1", "acme", "1", plans={"a": a, "b": b}))
    once = dump(url)
    publisher.put_product(Product("1", "acme", "1", plans={"b": b, "a": a}))
    assert dump(url) == once


def test_removing_everything_leaves_nothing_behind(url: str, publisher: Publisher) -> None:
    publish_everything(publisher)
    publisher.remove_product("1")
    publisher.remove_provider(KEYRING.digest("provider_key", "provider-1"))
    publisher.remove_gateway(KEYRING.digest("gateway_token", "gateway-1"))
    left = {key.decode() for key in dump(url)}
    feeds = [keys.feed(environment) for environment in ("staging", "production")]
    allowed = {name for feed in feeds for name in msgspec.structs.astuple(feed)}
    assert left <= allowed | {keys.POSITION}


def test_a_service_belongs_to_the_source_that_published_it(url: str, publisher: Publisher) -> None:
    publish_everything(publisher)
    other = Publisher.connect(url, KEYRING, Source.INTERNAL)
    before = dump(url)
    for write in (
        lambda: other.put_product(Product("1", "acme", "2")),
        lambda: other.remove_product("1"),
        lambda: other.put_application(Application("1", "app", "x", "y", "z")),
        lambda: other.remove_application("1", "app"),
        lambda: other.put_service_token("1", b"digest"),
        lambda: other.remove_service_token("1", KEYRING.digest("service_token", "token-1")),
        lambda: other.put_configuration("production", "acme", "1", {}),
        lambda: other.remove_configuration("production", "1"),
    ):
        with pytest.raises(SourceConflictError, match="'1'"):
            write()  # type: ignore[no-untyped-call]
    assert dump(url) == before
    other.put_product(Product("2", "acme", "2"))
    other.close()


def test_a_revision_grows_even_over_removal_and_loss_of_all_data(
    url: str, publisher: Publisher
) -> None:
    client = servers.client_of(url)
    record = keys.application("1", "app").record

    def revision(plan: str) -> int:
        publisher.put_application(Application("1", "app", "active", plan, plan))
        return int(client.hget(record, "revision"))

    revisions = [revision("a"), revision("b")]
    publisher.remove_application("1", "app")
    revisions.append(revision("b"))
    client.flushall()
    revisions.append(revision("b"))
    assert revisions == sorted(set(revisions))


def test_position_is_0_on_an_empty_store(publisher: Publisher) -> None:
    assert publisher.position() == 0
    publisher.mark(41)
    assert publisher.position() == 41


def test_a_missing_library_is_loaded(url: str, publisher: Publisher) -> None:
    servers.client_of(url).function_flush()
    publisher.put_product(Product("1", "acme", "1"))


def test_a_server_that_may_not_write_now_is_unavailable(publisher: Publisher, url: str) -> None:
    client = servers.client_of(url)
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailableError, match="memory"):
            publisher.mark(1)
    finally:
        client.config_set("maxmemory", "0")


def test_a_server_that_is_away_is_said_to_be() -> None:
    with (
        servers.short_directory() as directory,
        servers.running(servers.valkey_binary(), directory) as server,
    ):
        publisher = Publisher.connect(server.url, KEYRING)
        server.kill()
        with pytest.raises(StoreUnavailableError):
            publisher.mark(1)
        with pytest.raises(StoreUnavailableError):
            Publisher.connect(server.url, KEYRING)
        server.start()
        publisher.mark(1)
        publisher.close()
