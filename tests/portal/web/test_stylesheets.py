"""Leaving out what no page can use never leaves out what one can."""

from __future__ import annotations

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tollway.portal.web.packages import used_words
from tollway.portal.web.stylesheets import trim

NAMES = ("card", "btn", "btn-primary", "w-50", "p-1\\.5", "sm\\:flex")
names = st.sampled_from(NAMES)
words = st.sets(names.map(lambda name: name.replace("\\", "")))
OTHERS = ("p", "*", "#main", "a:hover", "input[type='a,b{']", ":not(.gone)", "::before")
parts = names.map(lambda name: f".{name}") | st.sampled_from(OTHERS)
selectors = st.lists(parts, min_size=1, max_size=3).map(" ".join)
lists = st.lists(selectors, min_size=1, max_size=3)
bodies = st.sampled_from(["x:y", "x:y;z:url('a;b}c')", "", 'content:"}"', "x:y;.gone &{x:y}"])
rules = st.tuples(lists, bodies)


def css(rule: tuple[list[str], str]) -> str:
    return f"{','.join(rule[0])}{{{rule[1]}}}"


def can_match(selector: str, used: set[str]) -> bool:
    """Say whether every class that ``selector`` asks for is there, without a parser."""
    asked = [part[1:].replace("\\", "") for part in selector.split(" ") if part.startswith(".")]
    return set(asked) <= used


@given(st.lists(rules, max_size=5), words)
def test_every_selector_whose_classes_are_used_survives_and_no_other(
    sheet: list[tuple[list[str], str]], used: set[str]
) -> None:
    kept = [
        ([selector for selector in selectors if can_match(selector, used)], body)
        for selectors, body in sheet
    ]
    expected = "".join(css(rule) for rule in kept if rule[0])
    assert trim("".join(map(css, sheet)), used) == expected
    grouped = f"@media (a:b){{{''.join(map(css, sheet))}}}"
    assert trim(grouped, used) == (f"@media (a:b){{{expected}}}" if expected else "")


@given(st.lists(rules, max_size=5), words)
def test_trimming_again_changes_nothing(sheet: list[tuple[list[str], str]], used: set[str]) -> None:
    once = trim("".join(map(css, sheet)), used)
    assert trim(once, used) == once


WHOLE = [
    "@import url(a.css);p{x:y}",
    '@charset "utf-8";p{x:y}',
    "@font-face{font-family:a;src:url('a.woff2') format('woff2')}",
    "@keyframes spin{from{x:y}50%{x:y}to{x:y}}",
    "@page :first{margin:0}",
    ":root,[data-bs-theme=light]{--a:#fff;--b:url(\"data:image/svg+xml,%3csvg d='a;b{c}'/%3e\")}",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_names_no_class_stays_as_it_is(text: str) -> None:
    assert trim(text, set()) == text


CASES = [
    ("/* .a{x:y} */p{x:y}", "p{x:y}"),
    (".a{x:y}/* } */.used{x:y}", ".used{x:y}"),
    (".used:not(.a):is(.b,.c) .used{x:y}", ".used:not(.a):is(.b,.c) .used{x:y}"),
    (
        "@supports (a:b){@media print{.a{x:y}.used{x:y}}}",
        "@supports (a:b){@media print{.used{x:y}}}",
    ),
    ("@layer a{.a{x:y}}", ""),
    (".used{&:hover{x:y}.a{x:y}}", ".used{&:hover{x:y}.a{x:y}}"),
    ("a{background:url(a/b.png)}", "a{background:url(a/b.png)}"),
]


@pytest.mark.parametrize(("text", "kept"), CASES)
def test_cases(text: str, kept: str) -> None:
    assert trim(text, {"used"}) == kept


def test_of_tablers_stylesheet_a_fifth_is_left_and_all_that_pages_use() -> None:
    whole = (settings.NODE_MODULES / "@tabler/core/dist/css/tabler.min.css").read_text()
    left = trim(whole, used_words())
    assert len(left) < len(whole) / 4
    assert left.count("{") == left.count("}")
    for selector in (".card", ".btn", ".modal.show", ".offcanvas-end", ".form-check-input:checked"):
        assert selector in left
    assert ".chat-bubble" in whole
    assert ".chat-bubble" not in left
