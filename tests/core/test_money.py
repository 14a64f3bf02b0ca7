"""Amounts are read with the currency's code, and nothing of a price is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tollway.core.money import CURRENCIES, money

AMOUNTS = [
    ("EUR", "1049", "EUR 1,049.00"),
    ("EUR", "0.5", "EUR 0.50"),
    ("EUR", "0.0005", "EUR 0.0005"),
    ("EUR", "0", "EUR 0.00"),
    ("JPY", "500.0000", "JPY 500"),
    ("JPY", "0.2500", "JPY 0.25"),
    ("KWD", "1.5", "KWD 1.500"),
    ("???", "3", "??? 3.00"),
]


@pytest.mark.parametrize(("currency", "amount", "shown"), AMOUNTS)
def test_an_amount_has_its_currency_and_the_decimals_of_its_coins(
    currency: str, amount: str, shown: str
) -> None:
    assert money(currency, Decimal(amount)) == shown.replace(" ", "\N{NO-BREAK SPACE}")


def test_codes_are_three_letters_and_each_is_known_once() -> None:
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in CURRENCIES)
    assert {"EUR", "USD", "GBP", "JPY", "CHF", "CNY", "SAR"} <= set(CURRENCIES)
    assert "XXX" not in CURRENCIES
