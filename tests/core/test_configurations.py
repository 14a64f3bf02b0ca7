"""Fingerprints of configurations: the same wherever they are made."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tollway.core.configurations import fingerprint

DOCUMENT = {"id": 7, "name": "Käse", "proxy": {"hosts": ["a", "b"], "rewrite": None, "port": 8080}}


def test_a_document_that_has_travelled_has_the_same_fingerprint() -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(dict(reversed(DOCUMENT.items()))))
    assert fingerprint(travelled) == fingerprint(DOCUMENT)


@pytest.mark.parametrize(
    "change", [{"id": 8}, {"name": "Kase"}, {"proxy": {"hosts": ["b", "a"]}}, {"more": None}]
)
def test_another_document_has_another(change: dict[str, Any]) -> None:
    assert fingerprint({**DOCUMENT, **change}) != fingerprint(DOCUMENT)
