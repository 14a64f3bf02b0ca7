"""Patterns mean what the portal promises; the trie finds what a regular expression would."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import vectors
from tollway.core.rules import (
    PATTERN_CHARACTERS_MAX,
    WILD,
    Pattern,
    PatternError,
    Rule,
    Trie,
    canonical,
    compile_rules,
    escape,
    match,
    parse_pattern,
)


def read_rules(case: dict[str, Any]) -> list[Rule]:
    plain = {"method": "GET", "metric": "hits"}
    return [msgspec.convert(plain | rule, Rule) for rule in case["rules"]]


@pytest.mark.parametrize("case", vectors("patterns"), ids=lambda c: c["pattern"])
def test_pattern(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(PatternError, match=re.escape(case["error"]) + "$"):
            parse_pattern(case["pattern"])
    else:
        variables, query = case.get("variables", []), case.get("query", {})
        assert parse_pattern(case["pattern"]) == Pattern(case["pattern"], tuple(variables), query)


def test_a_pattern_has_a_bounded_length() -> None:
    text = "/".ljust(PATTERN_CHARACTERS_MAX, "a")
    assert parse_pattern(text).text == text
    with pytest.raises(PatternError, match="too long: 255 characters at most"):
        parse_pattern("/".ljust(PATTERN_CHARACTERS_MAX + 1, "a"))


@pytest.mark.parametrize("case", vectors("rules"), ids=lambda c: c["name"])
def test_vectors(case: dict[str, Any]) -> None:
    trie = compile_rules(read_rules(case))
    for call in case["calls"]:
        arguments = {k: call[k] for k in ("query", "form", "backend") if k in call}
        found = match(trie, call.get("method", "GET"), call["path"], **arguments)
        assert found.usage == call.get("usage", {}), call
        if "patterns" in call:
            assert list(found.patterns) == call["patterns"], call


def test_a_trie_survives_json() -> None:
    for case in vectors("rules"):
        trie = compile_rules(read_rules(case))
        assert msgspec.json.decode(msgspec.json.encode(trie), type=Trie) == trie


def oracle(rules: list[Rule], path: str) -> list[str]:
    """Return the patterns that match, by regular expressions tried one by one."""
    found = []
    for rule in rules:
        text = re.sub("/+", "/", rule.pattern.removesuffix("$"))
        parts = re.split(r"\{\w+\}", text)
        regex = f"[{WILD}]+".join(map(re.escape, parts))
        if re.match(regex + (r"\Z" if rule.pattern.endswith("$") else ""), path):
            found.append(rule.pattern)
            if rule.last:
                break
    return found


# Few and short pieces, so that patterns are often the beginnings of others.
pieces = st.lists(st.sampled_from(["/", "a", "b", "{x}", "a.+"]), max_size=4)
patterns = st.builds(
    lambda body, end: "/" + "".join(body) + end, pieces, st.sampled_from(["", "$"])
)
rule = st.builds(
    Rule, st.just("GET"), patterns, st.just("hits"), last=st.sampled_from([False, False, True])
)
paths = st.lists(st.sampled_from(["/", "a", "b", "a.+", "aab", " "]), max_size=6).map(
    lambda parts: "/" + "".join(parts)
)


@settings(max_examples=500)
@given(st.lists(rule, max_size=6), st.lists(paths, min_size=1, max_size=5))
def test_the_trie_finds_what_regular_expressions_find(rules: list[Rule], paths: list[str]) -> None:
    trie = compile_rules(rules)
    fillings = {re.sub(r"\{\w\}", "ab", rule.pattern.removesuffix("$")) for rule in rules}
    for path in [*paths, *fillings]:
        assert list(match(trie, "GET", path).patterns) == oracle(rules, path)


@given(st.text())
def test_escaping_leaves_only_what_a_variable_takes(text: str) -> None:
    escaped = escape(text.replace("/", "").encode(errors="replace"))
    assert re.fullmatch(f"[{WILD}]*", escaped)
    assert canonical(escaped) == escaped


def test_a_hostile_path_costs_no_more_than_nodes_times_length() -> None:
    """With backtracking this would outlive the universe."""
    pattern = "/" + "{x}a" * 60 + "b"
    trie = compile_rules([Rule("GET", pattern, "hits")])
    assert not match(trie, "GET", "/" + "a" * 2000).usage
    assert match(trie, "GET", "/" + "a" * 2000 + "b").usage == {"hits": 1}
