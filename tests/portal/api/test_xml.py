"""XML: what is escaped, what is left out, how values are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.portal.api.xml import Node, render, scalar

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

WRITTEN: list[tuple[Node, str]] = [
    (Node("a", "x"), "<a>x</a>"),
    (Node("a"), "<a/>"),
    (Node("a", ""), "<a/>"),
    (Node("a", '<&>" />'), '<a>&lt;&amp;&gt;" /&gt;</a>'),
    (Node("a", "x", {"b": '"<>&'}), '<a b="&quot;&lt;&gt;&amp;">x</a>'),
    (Node("a", [Node("b", 1), Node("b", 2)]), "<a><b>1</b><b>2</b></a>"),
    (Node("a", []), "<a/>"),
    (Node("a", {"b": True, "c": {"d": None}}), "<a><b>true</b><c><d/></c></a>"),
    (Node("a", {"b": Node("c", 1)}), "<a><c>1</c></a>"),
    # Names of a tenant's own: of annotations, of fields.
    (
        Node("a", {"b/c": 1, "d:e": 2, "7": 3, "-": 4}),
        "<a><b_c>1</b_c><d_e>2</d_e><_7>3</_7><_->4</_-></a>",
    ),
]

SCALARS: list[tuple[Any, str]] = [
    (None, ""),
    (True, "true"),
    (12, "12"),
    (Decimal("12.0000"), "12.0"),
    (Decimal("0.5000"), "0.5"),
    (datetime(2026, 8, 21, 10, 0, 0, 999, tzinfo=UTC), "2026-08-21T10:00:00Z"),
    (datetime(89, 8, 21, 10, tzinfo=UTC), "0089-08-21T10:00:00Z"),
    (datetime(2026, 8, 21, 12, tzinfo=timezone(timedelta(hours=2))), "2026-08-21T10:00:00Z"),
    ("a\0b\x1fc\td", "abc\td"),
]


@pytest.mark.parametrize(("node", "text"), WRITTEN)
def test_a_tree_becomes_a_document(node: Node, text: str) -> None:
    assert render(node).decode() == HEAD + text


@pytest.mark.parametrize(("value", "text"), SCALARS)
def test_values_are_written_as_3scale_writes_them(value: Any, text: str) -> None:
    assert scalar(value) == text


@given(st.text(min_size=1))
def test_any_name_makes_a_document_that_can_be_read(name: str) -> None:
    ET.fromstring(render(Node("a", {name: 1})))  # noqa: S314  (our own)


@given(st.text())
def test_any_text_makes_a_document_that_can_be_read(text: str) -> None:
    text = "".join(c for c in text if not 0xD800 <= ord(c) < 0xE000)
    read = ET.fromstring(render(Node("a", text))).text or ""  # noqa: S314  (our own)
    assert read.replace("\n", "") == scalar(text).replace("\r", "").replace("\n", "")
