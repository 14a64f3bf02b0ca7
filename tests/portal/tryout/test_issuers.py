"""An issuer as the portal sees it: what is wrong is said, and nobody waits for long."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from portal.tryout.gateways import Said, speaking
from tollway.portal.tryout import issuers
from tollway.portal.tryout.issuers import Seen, look_at

KEY = {"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}


def seen(told: Any = None, keys: Any = None, status: int = 200) -> Seen:
    """Look at an issuer that says this."""

    def speak(target: str, headers: Mapping[str, str]) -> Said:
        here = f"http://{headers['host']}"
        if target == "/certs":
            return Said(200, {}, json.dumps(keys or {"keys": [KEY]}).encode())
        said = {"issuer": "https://x", "jwks_uri": f"{here}/certs", **(told or {})}
        return Said(status, {}, json.dumps(said).encode())

    with speaking(speak) as server:
        return look_at(server.url)


def test_an_issuer_that_is_well() -> None:
    found = seen({"id_token_signing_alg_values_supported": ["RS256", "none", "ES256"]})
    assert found == Seen("", "https://x", 1, ("ES256", "RS256"))


@pytest.mark.parametrize(
    ("told", "keys", "status", "trouble"),
    [
        (None, None, 404, "answered 404"),
        ({"issuer": 7}, None, 200, "Its configuration makes no sense"),
        ({"jwks_uri": "http://10.0.0.1/"}, None, 200, "private addresses are not allowed"),
        (None, {"keys": []}, 200, "It has no key that verifies tokens"),
        (None, {"k": []}, 200, "Its keys make no sense"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, None, 200, "no algorithm"),
    ],
)
def test_what_is_wrong_is_said(told: Any, keys: Any, status: int, trouble: str) -> None:
    assert trouble in seen(told, keys, status).trouble


def test_nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuers, "PATIENCE_S", 0.0)
    assert "did not answer within" in seen().trouble


def test_few_are_asked_at_once() -> None:
    for _ in range(issuers.AT_ONCE):
        issuers._slots.acquire()
    try:
        assert look_at("http://idp.localhost").trouble == issuers.BUSY
    finally:
        for _ in range(issuers.AT_ONCE):
            issuers._slots.release()
