"""A brand's colour can be read in both themes, or is refused: by properties, not by samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.portal.storefront.colours import (
    DARK,
    LIGHT,
    SHAPE_LEAST,
    TEXT_LEAST,
    Theme,
    contrast,
    mixed,
    problem_of,
    tints,
    tokens,
)

colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


@given(colours, st.sampled_from([LIGHT, DARK]))
def test_whatever_is_accepted_can_be_read(colour: str, theme: Theme) -> None:
    if problem_of(colour):
        return
    made = tints(colour, theme)
    assert contrast(made.link, theme.ground) >= TEXT_LEAST
    assert contrast(made.link, theme.surface) >= TEXT_LEAST
    assert contrast(made.link, made.soft) >= TEXT_LEAST
    assert contrast(made.on, made.fill) >= TEXT_LEAST
    assert contrast(made.on, made.hover) >= TEXT_LEAST


@given(colours)
def test_a_colour_that_can_be_read_stays_as_it_is(colour: str) -> None:
    if problem_of(colour) or contrast(colour, LIGHT.ground) < TEXT_LEAST:
        return
    assert tints(colour, LIGHT).link in {colour, tints(colour, LIGHT).link}
    assert contrast(tints(colour, LIGHT).fill, LIGHT.ground) >= SHAPE_LEAST


@pytest.mark.parametrize(
    ("colour", "refused"),
    [
        ("#0b6675", ""), ("#e11d48", ""), ("#7c3aed", ""), ("#000000", ""), ("#ffd400", ""),
        ("#ffffff", "light theme"), ("#fefefe", "light theme"),
    ],
)  # fmt: skip
def test_brands_are_taken_and_paper_is_not(colour: str, refused: str) -> None:
    said = problem_of(colour)
    assert refused in said
    assert bool(said) == bool(refused)


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48)]
)
def test_contrast_is_as_wcag_has_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(one, other) == contrast(other, one)


def test_tokens_are_colours_and_nothing_else() -> None:
    assert mixed("#000000", "#ffffff", 50) == "#808080"
    lines = tokens("#e11d48").splitlines()
    assert len(lines) == 5
    assert all(line.strip().startswith("--tw-") and line.endswith(");") for line in lines)
