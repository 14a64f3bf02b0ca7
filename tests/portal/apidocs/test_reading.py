"""A text becomes plain values, or a message that says where it cannot be read; bounds hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.portal.apidocs.reading import (
    BYTES_MAX,
    DEPTH_MAX,
    NODES_MAX,
    UnreadableError,
    lines_of,
    read,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("a: 1", {"a": 1}),
        ("a: 1.5e3", {"a": 1500.0}),
        ("a: [true, False, ~, null, '']", {"a": [True, False, None, None, ""]}),
        ("a:", {"a": None}),
        ("a: yes", {"a": "yes"}),
        ("on: off", {"on": "off"}),
        ("a: 2020-01-01", {"a": "2020-01-01"}),
        ("a: 12:30:00", {"a": "12:30:00"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: '200'", {"a": "200"}),
        ("200: x", {"200": "x"}),
        ("a: |\n  7\n", {"a": "7\n"}),
        ("a: !!python/object/apply:os.system [x]", {"a": ["x"]}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ('{\n\t"a":\t1}', {"a": 1}),
    ],
)
def test_what_a_text_means(text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be an object"),
        ("[]", "must be an object"),
        ("just words", "must be an object"),
        ('{"a": 1,}', "line 1, column 9: "),
        ('{\n"a" 1}', "line 2, column 5: Expecting ':' delimiter"),
        ('{"a": NaN}', "has a number that cannot be read: NaN"),
        ('{"a": ' + "9" * 5000 + "}", "has a number that cannot be read"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed"),
        ("a: [1", "line 2, column 1: did not find expected"),
        ("a: *nobody", "line 1, column 4: found undefined alias"),
        ("a: 1\n---\nb: 2", "line 2, column 1: but found another document"),
        ("? [a]\n: 1", "line 1: a name must be a text"),
        ("a: \x07", "has a character that YAML does not allow"),
        ('{"a":' * 200 + "1" + "}" * 200, "is nested too deeply"),
        ('{"a":' * 100_000, "is nested too deeply"),
        ("a: " + "{a: " * 150 + "1" + "}" * 150, "is nested too deeply"),
        ("- " * 100_000, "is nested too deeply"),
        ("a: &x [*x]", "is nested too deeply"),
        (json.dumps({"a": [0] * NODES_MAX}), "has too many values"),
        ("a: [" + "0, " * NODES_MAX + "0]", "has too many values"),
        ("a: &a [" + "0," * 999 + "0]\nb: [" + "*a," * 999 + "*a]", "has too many values"),
        ("a" * (BYTES_MAX + 1), "is too long (maximum is 2 MB)"),
        ("{" + "é" * (BYTES_MAX // 2 + 1), "is too long (maximum is 2 MB)"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read(text)
    assert str(refused.value).startswith(message)


def test_a_document_as_deep_as_may_be_is_read() -> None:
    assert read('{"a":' * (DEPTH_MAX - 1) + "1" + "}" * (DEPTH_MAX - 1))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), values))
def test_json_means_what_it_means(value: dict[str, Any]) -> None:
    assert read(json.dumps(value)) == value


@pytest.mark.parametrize("tab", [" ", "\t"])
def test_lines_are_found_in_json_and_in_yaml(tab: str) -> None:
    as_json = f'{{\n{tab}"a": {{\n{tab}"b": [\n1,\n{{"c": 2}}]}}}}'
    as_yaml = "a:\n  b:\n  - 1\n  - c: 2\n"
    paths = [(), ("a",), ("a", "b"), ("a", "b", "0"), ("a", "b", "1", "c"), ("a", "nowhere")]
    assert list(lines_of(as_json, paths).values()) == [1, 2, 3, 4, 5, 2]
    assert list(lines_of(as_yaml, paths).values()) == [1, 1, 2, 3, 4, 1]
