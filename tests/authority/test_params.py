from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.authority import params
from tollway.authority.params import ARRAY, Malformed, Params

A = ARRAY


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("&&", {}),
        ("=5", {}),
        ("a", {"a": None}),
        ("a=", {"a": ""}),
        ("a=1&a=2", {"a": "2"}),
        ("a=1=2", {"a": "1=2"}),
        ("a=1; b=2", {"a": "1; b=2"}),
        ("a+b=c+d%2B", {"a b": "c d+"}),
        ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("%5Ba%5D%5Bb%5D=1&[c]=2", {"a": {"b": "1"}, "c": "2"}),
        ("a[b][c]=1&a[b][d]", {"a": {"b": {"c": "1", "d": None}}}),
        ("a[]=1&a[]=2&b[c][]=3", {"a": A, "b": {"c": A}}),
        ("a[][b]=1", {"a": A}),
        ("a[=1&[=2&]=3&[]=4", {"a[": "1", "[": "2", "]": "3", "[]": "4"}),
        ("a[b=1", {"a": {"[b": "1"}}),
        ("a[b]c=1", {"a": {"b": {"c": "1"}}}),
        ("a[b]=1&a=2", {"a": "2"}),
        ("%E2%82%AC=%c3%a9", {"€": "é"}),
    ],
)
def test_nested_form(text: str, values: dict[str, Any]) -> None:
    assert params.parse(text) == Params(values)


@pytest.mark.parametrize("text", ["a[]=1&a[b]=1", "a[b]=1&a[]=1", "a=1&a[b]=2", "a=1&a[]=2"])
def test_a_name_has_one_shape(text: str) -> None:
    assert params.parse(text) == params.MIXED


@pytest.mark.parametrize("text", ["%", "a=%4", "%zz=1", "a=%%41"])
def test_escapes_are_two_hexadecimal_digits(text: str) -> None:
    assert params.parse(text) == params.BAD_ESCAPE


def test_sizes_are_limited() -> None:
    assert isinstance(params.parse("&" * 4095), Params)
    assert params.parse("&" * 4096) == Malformed(
        "total number of query parameters (4097) exceeds limit (4096)"
    )
    assert isinstance(params.parse("a" + "[b]" * 31 + "=1"), Params)
    assert params.parse("a" + "[b]" * 32 + "=1") == params.TOO_DEEP
    assert params.parse("a" + "[b]" * 1_000_000) == params.TOO_DEEP
    assert params.parse_form(b"a=" + b"x" * params.FORM_BYTES_MAX, None) == params.TOO_LONG


@pytest.mark.parametrize("body", [b"a=%ff", b"a=\xff", b"%c3=1", b"a[b]=%ed%a0%80"])
def test_what_is_not_utf8_is_noted_and_replaced(body: bytes) -> None:
    parsed = params.parse_form(body, None)
    assert isinstance(parsed, Params)
    assert not parsed.valid
    str(parsed.values).encode()


FIELD = '--x y\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


def test_a_multipart_form_is_read_like_any_other() -> None:
    body = "before\r\n" + FIELD.format("a[b]", "1%2\r\n3") + FIELD.format("c", "é") + "--x y--\r\n"
    parsed = params.parse_form(body.encode(), "x y")
    assert parsed == Params({"a": {"b": "1%2\r\n3"}, "c": "é"})


def test_a_multipart_form_has_as_many_fields_at_most() -> None:
    body = (FIELD.format("a", "1") * 5000).encode()
    assert isinstance(params.parse_form(body, "x y"), Malformed)


def test_a_form_hides_the_query_name_by_name() -> None:
    form, query = Params({"a": {"b": "1"}}), Params({"a": {"c": "2"}, "d": "3"}, valid=False)
    assert form.over(query) == Params({"a": {"b": "1"}, "d": "3"}, valid=False)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(names, texts))
def test_what_a_client_escapes_arrives(values: dict[str, str]) -> None:
    assert params.parse(urlencode(values)) == Params(values)
    nested = "&".join(f"u%5B{quote(k, safe='')}%5D={quote(v)}" for k, v in values.items())
    assert params.parse(nested) == Params({"u": {**values}} if values else {})


@given(st.text("ab[]=&%+5;", max_size=40) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(params.parse(text), Params | Malformed)


@given(st.binary(max_size=200), st.none() | st.just("b"))
def test_any_body_is_read_or_refused(body: bytes, boundary: str | None) -> None:
    assert isinstance(params.parse_form(body, boundary), Params | Malformed)
