from __future__ import annotations

import msgspec
import pytest

from tollway.core.limits import Entry, Kind
from tollway.core.periods import Period, windows
from tollway.store import Spend
from tollway.store.packing import Packer

AT = 1_700_000_000
ENTRIES = (Entry("1", Kind.ADD, 2, ((Period.DAY, 5),)), Entry("2", Kind.SET, 3))


def spend(entries: tuple[Entry, ...] = ENTRIES, *, at: int = AT, event_at: int = AT) -> Spend:
    return Spend("1", "app", 7, entries, at, event_at)


def test_a_request_says_windows_and_entries() -> None:
    packed = Packer().packed(spend())
    starts, counted, entries = msgspec.msgpack.decode(packed.request)
    assert starts == [window.start for window in windows(AT)]
    assert counted == [True] * 7
    assert entries == [["1", "add", 2, [[3, 5]]], ["2", "set", 3, []]]
    assert (packed.changes.added, packed.changes.replaced) == ([("1", 2)], [("2", 3)])


def test_what_is_kept_is_packed_anew_when_the_windows_move() -> None:
    packer = Packer()
    first = packer.packed(spend())
    assert packer.packed(spend()) is first
    later = packer.packed(spend(at=AT + 60, event_at=AT + 60))
    assert later.request == Packer().packed(spend(at=AT + 60, event_at=AT + 60)).request
    assert later.request != first.request


def test_a_report_about_the_past_is_not_taken_for_a_call_of_now() -> None:
    packer = Packer()
    packer.packed(spend())
    past = packer.packed(spend(event_at=AT - 86_400))
    assert msgspec.msgpack.decode(past.request)[1] == [False] * 3 + [True] * 4
    assert packer.packed(spend()).request == Packer().packed(spend()).request


def test_equal_entries_of_somebody_else_are_not_confused() -> None:
    packer = Packer()
    other = (Entry("1", Kind.ADD, 3),)
    assert packer.packed(spend()).request != packer.packed(spend(other)).request


def test_a_metric_named_twice_is_a_fault() -> None:
    with pytest.raises(ValueError, match="once"):
        Packer().packed(spend((ENTRIES[0], ENTRIES[0])))
