"""A plan overlaid by a patch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tollway.portal.plans.patches import overlaid

KEYS = st.sampled_from("abcd")
PLANS = st.dictionaries(KEYS, st.integers())
PATCHES = st.dictionaries(KEYS, st.integers() | st.none())


@given(PLANS, PATCHES)
def test_a_patch_decides_where_it_says_something_and_the_parent_elsewhere(
    parent: dict[str, int], patch: dict[str, int | None]
) -> None:
    effective = overlaid(parent, patch)
    for key in "abcd":
        assert effective.get(key) == (patch[key] if key in patch else parent.get(key))


@given(PLANS, PLANS, PATCHES)
def test_what_a_parent_changes_arrives_unless_it_was_patched(
    before: dict[str, int], after: dict[str, int], patch: dict[str, int | None]
) -> None:
    old, new = overlaid(before, patch), overlaid(after, patch)
    differing = {key for key in "abcd" if old.get(key) != new.get(key)}
    assert differing == {key for key in "abcd" if before.get(key) != after.get(key)} - set(patch)


@given(PLANS)
def test_an_empty_patch_changes_nothing(parent: dict[str, int]) -> None:
    assert overlaid(parent, {}) == parent
