from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.core import referrers


@pytest.mark.parametrize(
    ("referrer", "filters", "allowed"),
    [
        ("*", [], True),
        ("www.example.com", ["www.example.com"], True),
        ("www.example.com", ["WWW.example.com"], False),
        ("www.example.com", ["*.example.com"], True),
        (".example.com", ["*.example.com"], True),
        ("www.example.com.evil.org", ["*.example.com"], False),
        ("https://a.example.com:443/b", ["https://*.example.com:443/*"], True),
        ("wwwXexample.com", ["www.example.com"], False),
        ("b", ["a", "b"], True),
        ("a", ["a*a"], False),
        ("a\nb", ["*"], False),
        ("a\nb", ["a\n*"], True),
    ],
)
def test_filters(*, referrer: str, filters: list[str], allowed: bool) -> None:
    assert referrers.allowed(referrer, filters) is allowed


@given(st.text("ab.\n", max_size=12), st.text("ab.*\n", max_size=8))
def test_a_filter_means_what_the_regular_expression_means(referrer: str, pattern: str) -> None:
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    assert referrers.fits(referrer, pattern) == bool(re.fullmatch(expression, referrer))
