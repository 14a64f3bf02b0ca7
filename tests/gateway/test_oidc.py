"""Tokens are judged: which open something, which do not, and which nobody can judge now."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

import servers
from gateway.issuer import RSA_KEYS, Issuer, jwk, part
from tollway.core.openid import TokenFault
from tollway.gateway import oidc
from tollway.gateway.issuers import Issuers
from tollway.gateway.oidc import KEPT_S, Ask, Refused, Unjudged, Verdict, Verified, Verifier
from tollway.net import Guard

GUARD = Guard(localhost=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


def judged(issuer: Issuer, token: str, *claim: str) -> Verdict:
    ask = Ask(issuer.address, claim or ("azp",), token)
    return asyncio.run(Verifier(Issuers(GUARD)).verdict(ask))


def fault(verdict: Verdict) -> str:
    assert isinstance(verdict, Refused), verdict
    return str(verdict.fault)


def test_a_good_token_says_whose_it_is_and_how_long_that_may_be_believed(shared: Issuer) -> None:
    found = judged(shared, shared.token(azp="my-app"))
    assert isinstance(found, Verified)
    assert found.client == "my-app"
    claims = shared.claims(exp=shared.claims()["iat"] + 60, azp="soon-over")
    soon = judged(shared, shared.token(**claims))
    assert isinstance(soon, Verified)
    assert soon.until == claims["exp"] + 5
    late = judged(shared, shared.token(exp=claims["exp"] + 86400))
    assert isinstance(late, Verified)
    assert late.until - claims["iat"] <= KEPT_S + 5


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", RSA_KEYS[0]),
        ("PS256", RSA_KEYS[0]),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_algorithms(issuer: Issuer, alg: str, key: Any) -> None:
    issuer.keys = [jwk(key, "first", alg=alg)]
    assert isinstance(judged(issuer, issuer.token(key=key, alg=alg)), Verified)
    forged = f"{issuer.token(key=key, alg=alg)[:-8]}AAAAAAAA"
    assert fault(judged(issuer, forged)) == "token_signature"


def by_hand(issuer: Issuer, header: dict[str, Any], secret: bytes = b"") -> str:
    signed = f"{part({'kid': 'first', **header})}.{part(issuer.claims())}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{part(mac)}"


def public_text(key: rsa.RSAPrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


CONFUSIONS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "no signature": (lambda i: by_hand(i, {"alg": "none"}), "token_algorithm"),
    "no signature, spelt otherwise": (lambda i: by_hand(i, {"alg": "nOnE"}), "token_algorithm"),
    "no algorithm": (lambda i: by_hand(i, {}), "token_algorithm"),
    "a list of algorithms": (lambda i: by_hand(i, {"alg": ["RS256"]}), "token_algorithm"),
    "the public key as a secret": (
        lambda i: by_hand(i, {"alg": "HS256"}, public_text(RSA_KEYS[0])),
        "token_algorithm",
    ),
    "a signature that is missing": (lambda i: by_hand(i, {"alg": "RS256"}), "token_signature"),
    "an algorithm that the issuer does not use": (
        lambda i: i.token(alg="RS512"), "token_algorithm"
    ),
    "an algorithm of another kind of key": (
        lambda i: by_hand(i, {"alg": "ES256"}, b"x"), "token_algorithm"
    ),
    "a key that comes with the token": (
        lambda i: i.token(key=RSA_KEYS[1], header={"jwk": jwk(RSA_KEYS[1], "first")}),
        "token_signature",
    ),
    "a key elsewhere": (
        lambda i: i.token(key=RSA_KEYS[1], header={"jku": "http://evil.localhost/", "kid": "x"}),
        "token_key_unknown",
    ),
    "no key's name": (lambda i: i.token(header={"kid": ""}), "token_key_unknown"),
    "what must be understood": (
        lambda i: by_hand(i, {"alg": "RS256", "crit": ["exp"], "exp": 1}), "token_malformed"
    ),
    "another kind of token": (lambda i: i.token(header={"typ": "logout+jwt"}), "token_type"),
    "a changed claim": (
        lambda i: ".".join(
            [*i.token().split(".")[:1], part(i.claims(azp="admin")), i.token().split(".")[2]]
        ),
        "token_signature",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFUSIONS)
def test_tokens_that_try_it(shared: Issuer, name: str) -> None:
    make, expected = CONFUSIONS[name]
    assert fault(judged(shared, make(shared))) == expected


def test_a_key_for_another_algorithm_or_too_weak_verifies_nothing(issuer: Issuer) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    other = jwk(RSA_KEYS[0], "first", alg="PS256")
    signed = jwt.encode(issuer.claims(), RSA_KEYS[0], "RS256", headers={"kid": "first"})
    for key in (other, {**jwk(weak, "first")}, {**other, "alg": "", "n": "AQAB"}):
        issuer.keys = [key]
        assert fault(judged(issuer, signed)) == "token_algorithm"


@pytest.mark.parametrize("kind", ["at+jwt", "JWT", "application/at+jwt", None])
def test_kinds_of_access_tokens(shared: Issuer, kind: str | None) -> None:
    assert isinstance(judged(shared, shared.token(header={"typ": kind})), Verified)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": "https://elsewhere.example"}, "token_issuer"),
        ({"exp": 1}, "token_expired"),
        ({"nbf": 10**11}, "token_not_yet_valid"),
        ({"exp": None}, "token_incomplete"),
        ({"typ": "ID"}, "token_type"),
        ({"azp": None}, "token_client_id"),
    ],
)
def test_claims(shared: Issuer, claims: dict[str, Any], expected: str) -> None:
    assert fault(judged(shared, shared.token(**claims))) == expected


def test_the_claim_with_the_client_id_is_the_products_choice(shared: Issuer) -> None:
    token = shared.token(azp="no", resource={"client": ["yes", "also"]})
    found = judged(shared, token, "resource", "client")
    assert isinstance(found, Verified)
    assert found.client == "yes"


def test_an_issuer_behind_another_name_says_which_one_tokens_have(issuer: Issuer) -> None:
    issuer.configuration["issuer"] = "https://public.example/realms/api"
    assert isinstance(judged(issuer, issuer.token()), Verified)
    assert fault(judged(issuer, issuer.token(iss=issuer.address))) == "token_issuer"


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")) | st.lists(st.binary()).map(
    lambda parts: ".".join(map(part, parts))))  # fmt: skip
def test_garbage_is_malformed_and_no_issuer_is_asked(token: str) -> None:
    ask = Ask("http://nobody.invalid", ("azp",), token)
    assert asyncio.run(Verifier(Issuers(Guard())).verdict(ask)) == Refused(TokenFault.MALFORMED)


@pytest.mark.parametrize("inside", [b"[" * 50_000, b"[]", b"null", b"\xff", b'{"a":NaN}', b""])
def test_claims_that_make_no_sense(shared: Issuer, inside: bytes) -> None:
    token = f"{part({'alg': 'RS256', 'kid': 'first'})}.{part(inside)}.{part(b'x')}"
    assert fault(judged(shared, token)) == "token_malformed"


def test_a_token_of_an_issuer_that_is_away_is_not_judged(issuer: Issuer) -> None:
    token = issuer.token()
    issuer.close()
    found = judged(issuer, token)
    assert isinstance(found, Unjudged)
    assert "nobody listens there" in found.why


async def _talk(path: Path, verifier: Verifier, *lines: bytes) -> list[bytes]:
    async with oidc.serving(path, verifier):
        reader, writer = await asyncio.open_unix_connection(path)
        for line in lines:
            writer.write(line + b"\n")
        answers = [await reader.readline() for _ in lines]
        writer.close()
        return answers


def test_what_nginx_asks_and_is_told(shared: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    token = shared.token(azp="my-app")
    good = msgspec.json.encode(Ask(shared.address, ("azp",), token))
    bad = msgspec.json.encode(Ask(shared.address, ("azp",), "x.y.z"))
    caplog.set_level(logging.DEBUG)
    with servers.short_directory() as directory:
        verifier = Verifier(Issuers(GUARD))
        answers = asyncio.run(_talk(directory / "t.sock", verifier, good, b"{}", bad))
    first, second, third = (msgspec.json.decode(answer) for answer in answers)
    assert first["client"] == "my-app"
    assert set(second) == {"why"}
    assert third == {"fault": "token_malformed"}
    assert token not in caplog.text


def test_a_question_without_end_is_not_listened_to(shared: Issuer) -> None:
    with servers.short_directory() as directory:
        verifier = Verifier(Issuers(GUARD))
        [answer] = asyncio.run(_talk(directory / "t.sock", verifier, b"x" * 200_000))
    assert answer == b""
