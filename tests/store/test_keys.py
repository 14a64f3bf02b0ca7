from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tollway.store import keys

ids = st.text(max_size=9)


@given(ids, ids, ids, ids)
def test_no_two_applications_share_a_key(a: str, b: str, c: str, d: str) -> None:
    assert (keys.application(a, b) == keys.application(c, d)) == ((a, b) == (c, d))


@given(ids, ids)
def test_all_that_a_decision_touches_lies_in_one_slot(service: str, name: str) -> None:
    where = keys.application(service, name)
    assert {keys.slot(k) for k in (where.record, where.cells, where.stream)} == {where.slot}


def test_the_feed_of_an_environment_lies_in_one_slot() -> None:
    feed = keys.feed("staging")
    names = (feed.feed, feed.documents, feed.published, feed.removed)
    assert len({keys.slot(name) for name in names}) == 1


def test_where_things_lie_never_changes() -> None:
    """Moving to another shard would lose counters: these values are part of the format."""
    assert keys.application("42", "abc").record == "application:{s61}:2:42:abc"
    assert keys.product("42") == "product:{s08}:42"


def test_applications_spread_over_all_shards() -> None:
    shards = [keys.shard("1", str(n)) for n in range(6400)]
    sizes = [len(list(group)) for _, group in itertools.groupby(sorted(shards))]
    assert len(sizes) == keys.SHARDS
    assert max(sizes) < 200


def test_a_slot_is_that_of_the_hash_tag() -> None:
    assert keys.slot("123456789") == 0x31C3  # the check value that the cluster specification gives
    assert keys.slot("a{b}c{d}") == keys.slot("b")
