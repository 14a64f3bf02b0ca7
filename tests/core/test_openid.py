"""What is taken from issuers and tokens, before and after a signature is verified."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import vectors
from tollway.core import openid
from tollway.core.openid import AZP, OpenIdError, claim_path

ISSUER = "https://idp.example/realms/api"


@pytest.mark.parametrize("case", vectors("openid"), ids=lambda c: c["name"])
def test_vectors(case: dict[str, Any]) -> None:
    claims = case["claims"]
    assert openid.fault_of(claims, ISSUER, at=case["at"]) == case.get("fault")
    if "client" in case:
        assert openid.client_id_of(claims, case.get("path", AZP)) == case["client"]
        assert openid.ends_at(claims) == 1005


names = st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "typ", "azp"])
values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(names, values))
def test_no_claims_break_it(claims: dict[str, Any]) -> None:
    fault = openid.fault_of({"iss": ISSUER, **claims}, ISSUER, at=1)
    assert fault or openid.ends_at(claims) > 1
    openid.client_id_of(claims, AZP)


@pytest.mark.parametrize(
    ("claim", "kind", "path"),
    [
        (None, None, ("azp",)),
        ("", "liquid", ("azp",)),
        ("client_id", "plain", ("client_id",)),
        ("https://acme.example/id", "", ("https://acme.example/id",)),
        ("{{ azp }}", "plain", ("{{ azp }}",)),
        ("{{ azp }}", "liquid", ("azp",)),
        ("{{azp}}", "liquid", ("azp",)),
        (" {{- resource.my-client.id -}} ", "liquid", ("resource", "my-client", "id")),
    ],
)
def test_where_the_client_id_stands(
    claim: str | None, kind: str | None, path: tuple[str, ...]
) -> None:
    assert claim_path(claim, kind) == path


@pytest.mark.parametrize(
    "claim",
    [
        "azp", "{{ azp | upcase }}", "{% if azp %}{{ azp }}{% endif %}", "{{ azp }}{{ sub }}",
        "x-{{ azp }}", "{{ 'x' }}", "{{ aud[0] }}", "{{ }}", "{{ a..b }}", "{{ azp }",
    ],
)  # fmt: skip
def test_of_liquid_only_a_claim_is_understood(claim: str) -> None:
    with pytest.raises(OpenIdError, match="must be one claim"):
        claim_path(claim, "liquid")


@pytest.mark.parametrize(
    ("address", "without"),
    [
        ("https://a:b@idp.example/x", "https://idp.example/x"),
        ("https://a@idp.example", "https://idp.example"),
        ("https://idp.example/realms/a@b", "https://idp.example/realms/a@b"),
        ("", ""),
    ],
)
def test_an_address_without_the_login(address: str, without: str) -> None:
    assert openid.without_login(address) == without


def discovered(**told: Any) -> openid.Discovery:
    said = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/certs", **told}
    return openid.read_discovery(json.dumps(said).encode(), ISSUER)


def test_only_algorithms_that_both_know_are_taken() -> None:
    listed = ["none", "HS256", "RS256", "XY1"]
    told = discovered(id_token_signing_alg_values_supported=listed)
    assert told.algorithms == {"RS256"}
    assert discovered().algorithms == openid.ALGORITHMS
    assert not {"none", "HS256", "HS384", "HS512"} & openid.ALGORITHMS


@pytest.mark.parametrize(
    "told",
    [
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"jwks_uri": "http://idp.example/certs"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user:pw@idp.example/"},
        {"jwks_uri": "https:///certs"},
        {"jwks_uri": "https://idp.example:99999/"},
        {"jwks_uri": None},
        {"issuer": 7},
    ],
)
def test_an_issuer_that_cannot_be_trusted(told: dict[str, Any]) -> None:
    with pytest.raises(OpenIdError):
        discovered(**told)


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"{}", b"[" * 100_000, b'{"keys": 1}'])
def test_what_makes_no_sense_is_told(text: bytes) -> None:
    with pytest.raises(OpenIdError):
        openid.read_discovery(text, ISSUER)
    with pytest.raises(OpenIdError):
        openid.read_keys(text)


def test_keys_that_verify_nothing_are_left_out_and_secrets_too() -> None:
    usable = {"kty": "RSA", "kid": "a", "n": "n", "e": "AQAB"}
    keys = [
        {**usable, "alg": "RS256", "use": "sig", "d": "private", "x5c": ["…"]},
        {**usable, "kid": "b", "use": "enc"},
        {"kty": "oct", "kid": "c", "k": "secret"},
        {"kty": "RSA", "n": "n", "e": "AQAB"},
        {**usable, "kid": 7},
        "nonsense",
    ]
    [key] = openid.read_keys(json.dumps({"keys": keys}).encode())
    assert (key.id, key.alg, dict(key.fields)) == (
        "a", "RS256", {"kty": "RSA", "n": "n", "e": "AQAB"},
    )  # fmt: skip
    many = json.dumps({"keys": [usable] * 1000}).encode()
    assert len(openid.read_keys(many)) == openid.KEYS_MAX


def test_where_an_issuer_is_asked() -> None:
    expected = f"{ISSUER}/.well-known/openid-configuration"
    assert openid.discovery_url(ISSUER) == openid.discovery_url(f"{ISSUER}/") == expected
