"""What is kept is of the newest state, and no more than there is room for."""

from __future__ import annotations

from tollway.portal.console.dashboard.keeping import Newest


def test_a_value_is_made_once_for_each_state() -> None:
    made: list[str] = []

    def make(value: str) -> str:
        made.append(value)
        return value

    kept = Newest[str](2)
    for state, value in ((1, "a"), (1, "b"), (2, "c"), (1, "d")):
        kept.get("key", state, lambda value=value: make(value))  # type: ignore[misc]
    assert made == ["a", "c", "d"]


def test_the_oldest_goes_when_there_is_no_room() -> None:
    kept = Newest[int](2)
    for key in (1, 2, 3):
        kept.get(key, 0, lambda key=key: key)  # type: ignore[misc]
    assert kept.get(3, 0, lambda: -1) == 3
    assert kept.get(2, 0, lambda: -1) == 2
    assert kept.get(1, 0, lambda: -1) == -1
    kept.clear()
    assert kept.get(3, 0, lambda: -1) == -1
