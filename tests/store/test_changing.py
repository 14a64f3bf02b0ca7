"""A change of several records is whole or is not, whoever else is writing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

import servers
from tollway.store import SourceConflictError, StoreUnavailableError, keys
from tollway.store.changing import Draft
from tollway.store.publishing import DRAFTS_MAX, Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Holding, Metric, Owner, Product, Source

KEYRING = Keyring([b"c" * 32])
DIGEST, OTHER = b"d" * 20, b"e" * 20


@pytest.fixture(params=["valkey", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    servers.client_of(url).flushall()
    return url


@pytest.fixture
def publisher(url: str) -> Iterator[Publisher]:
    publisher = Publisher.connect(url, KEYRING, Source.INTERNAL)
    yield publisher
    publisher.close()


def put(publisher: Publisher, *records: Product | Application) -> None:
    def step(draft: Draft) -> None:
        for record in records:
            if isinstance(record, Product):
                draft.put_product(record)
            else:
                draft.put_application(record)

    publisher.change(step)


def application(id_: str, *user_keys: bytes) -> Application:
    return Application("1", id_, "active", "p", "P", user_keys=user_keys)


def test_a_change_that_was_overtaken_is_drafted_again(publisher: Publisher) -> None:
    put(publisher, Product("1", "o", "1"))
    drafts = []

    def add(draft: Draft) -> None:
        product = draft.owned("1")
        assert product is not None
        drafts.append(product.metrics)
        if len(drafts) < 3:  # somebody else, between reading and writing
            name = str(len(drafts))
            put(publisher, replace(product, metrics=(*product.metrics, Metric(name, name))))
        draft.put_product(replace(product, metrics=(*product.metrics, Metric("9", "mine"))))

    publisher.change(add)
    found = publisher.change(lambda draft: draft.product("1"))
    assert found is not None
    assert [metric.id for metric in found.metrics] == ["1", "2", "9"]


@pytest.mark.parametrize("kind", ["owner", "holding", "told", "bearer", "application"])
def test_nothing_is_written_if_anything_that_was_read_has_changed(
    url: str, publisher: Publisher, kind: str
) -> None:
    """Also where at first nothing was there."""
    writes = {
        "owner": lambda draft: draft.put_owner(DIGEST, Owner("o")),
        "holding": lambda draft: draft.put_holding("o", Holding(DIGEST, b"s")),
        "told": lambda draft: draft.do(keys.told("1", "a"), "SET", b"x"),
        "bearer": lambda draft: draft.do(keys.user_key(DIGEST), "SET", "a"),
        "application": lambda draft: draft.put_application(application("a")),
    }
    reads = {
        "owner": lambda draft: draft.owner(DIGEST),
        "holding": lambda draft: draft.holding("o"),
        "told": lambda draft: draft.told("1", "a"),
        "bearer": lambda draft: draft.bearer(DIGEST),
        "application": lambda draft: draft.application("1", "a"),
    }
    seen = []

    def step(draft: Draft) -> None:
        seen.append(reads[kind](draft))
        if len(seen) == 1:
            publisher.change(writes[kind])
        draft.do("first", "SET", str(len(seen)))
        draft.do("second", "INCR")

    publisher.change(step)
    assert seen[0] is None
    assert seen[1] is not None
    client = servers.client_of(url)
    assert (client.get("first"), client.get("second")) == (b"2", b"1")


def test_a_change_that_never_gets_through_gives_up(publisher: Publisher) -> None:
    tries: list[None] = []

    def step(draft: Draft) -> None:
        draft.told("1", "a")
        tries.append(publisher.change(lambda d: d.do(keys.told("1", "a"), "SET", str(len(tries)))))
        draft.do("never", "SET", "x")

    with pytest.raises(StoreUnavailableError):
        publisher.change(step)
    assert len(tries) == DRAFTS_MAX


def test_what_raises_writes_nothing(publisher: Publisher) -> None:
    def step(draft: Draft) -> None:
        draft.put_product(Product("1", "o", "1"))
        raise LookupError

    with pytest.raises(LookupError):
        publisher.change(step)
    assert publisher.change(lambda draft: draft.product("1")) is None


def test_a_user_key_leads_to_the_record_that_has_it(publisher: Publisher) -> None:
    put(publisher, Product("1", "o", "1"), application("a", DIGEST, OTHER))
    put(publisher, application("a", OTHER))
    bearers = publisher.change(lambda draft: (draft.bearer(DIGEST), draft.bearer(OTHER)))
    assert bearers == (None, "a")
    publisher.change(lambda draft: draft.remove_application(application("a", OTHER)))
    assert publisher.change(lambda draft: draft.bearer(OTHER)) is None


def test_the_other_sources_are_left_alone(url: str, publisher: Publisher) -> None:
    portal = Publisher.connect(url, KEYRING)
    portal.put_product(Product("1", "t", "1"))
    portal.put_provider(DIGEST, Owner("t"))
    with pytest.raises(SourceConflictError, match="'1'"):
        publisher.change(lambda draft: draft.owned("1"))
    for write in (
        lambda: publisher.put_provider(DIGEST, Owner("x")),
        lambda: publisher.remove_provider(DIGEST),
    ):
        with pytest.raises(SourceConflictError):
            write()  # type: ignore[no-untyped-call]
    assert publisher.change(lambda draft: draft.owner(DIGEST)) == Owner("t")
    portal.close()


def test_events_have_growing_numbers_and_the_oldest_are_dropped(publisher: Publisher) -> None:
    for n in range(3):
        publisher.change(lambda draft, n=n: draft.tell(b"%d:" % n))  # type: ignore[misc]
    lines = publisher.change(lambda draft: draft.ask("ZRANGE", keys.EVENTS, 0, -1))
    assert lines == [b"1:0:", b"2:1:", b"3:2:"]
    publisher.change(lambda draft: draft.do(keys.EVENTS, "QUEUE", b"x", 2))
    lines = publisher.change(lambda draft: draft.ask("ZRANGE", keys.EVENTS, 0, -1))
    assert lines == [b"3:2:", b"4:x"]


def test_in_a_cluster_each_slot_is_a_part_and_the_record_comes_last() -> None:
    draft = Draft(lambda *_: None, KEYRING, Source.INTERNAL)
    draft.told("1", "a")
    draft.do(keys.user_key(DIGEST), "SET", "a")
    draft.do(keys.applications_of("1"), "SADD", "a")
    draft.put_record(application("a"))
    record = keys.application("1", "a").record
    parts = [part.keys for part in draft.parts(keys.slot)]
    assert parts == [
        [keys.user_key(DIGEST)],
        [keys.applications_of("1")],
        [keys.told("1", "a"), record],
    ]
    assert len(draft.parts(lambda _: 0)) == 1
