"""Fingerprints of configurations: the same wherever they are made."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tollway.core.configurations import fingerprint, for_gateways

DOCUMENT = {"id": 7, "name": "Käse", "proxy": {"hosts": ["a", "b"], "rewrite": None, "port": 8080}}


def test_a_document_that_has_travelled_has_the_same_fingerprint() -> None:
    travelled = msgspec.json.decode(msgspec.json.encode(dict(reversed(DOCUMENT.items()))))
    assert fingerprint(travelled) == fingerprint(DOCUMENT)


@pytest.mark.parametrize(
    "change", [{"id": 8}, {"name": "Kase"}, {"proxy": {"hosts": ["b", "a"]}}, {"more": None}]
)
def test_another_document_has_another(change: dict[str, Any]) -> None:
    assert fingerprint({**DOCUMENT, **change}) != fingerprint(DOCUMENT)


def test_the_portals_login_at_the_issuer_is_nothing_to_gateways() -> None:
    proxy = {"oidc_issuer_endpoint": "https://client:secret@idp.example/x", "hosts": ["a"]}
    document = {"id": 7, "proxy": proxy}
    told = for_gateways(document)
    assert told["proxy"] == {"oidc_issuer_endpoint": "https://idp.example/x", "hosts": ["a"]}
    assert fingerprint(told) == fingerprint(document)
    elsewhere = {"oidc_issuer_endpoint": "https://client:secret@other.example/x", "hosts": ["a"]}
    assert fingerprint({**document, "proxy": elsewhere}) != fingerprint(document)


@pytest.mark.parametrize("document", [{}, {"proxy": None}, {"proxy": {"oidc_issuer_endpoint": 7}}])
def test_documents_without_an_issuer_stay_as_they_are(document: dict[str, Any]) -> None:
    assert for_gateways(document) is document
