from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import vectors
from tollway.core.usage import AMOUNT_MAX, Amount, parse_amount

amounts = st.builds(Amount, st.integers(0, AMOUNT_MAX), st.booleans())


@pytest.mark.parametrize(("text", "value", "is_set"), vectors("usage")["values"])
def test_values(*, text: str, value: int | None, is_set: bool | None) -> None:
    assert parse_amount(text) == (None if value is None else Amount(value, bool(is_set)))


@given(st.text())
def test_any_text_is_an_amount_that_can_be_counted_or_none(text: str) -> None:
    amount = parse_amount(text)
    assert amount is None or 0 <= amount.value <= AMOUNT_MAX


@given(amounts, amounts, st.integers(0, 1000))
def test_one_amount_does_what_two_do_in_turn(first: Amount, second: Amount, stored: int) -> None:
    assert first.then(second).applied_to(stored) == second.applied_to(first.applied_to(stored))
