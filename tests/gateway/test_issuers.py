"""Issuers are asked when it is needed and not more often, and may be away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from gateway.issuer import RSA_KEYS, Issuer, jwk
from gateway.stage import eventually
from tollway.gateway import issuers
from tollway.gateway.issuers import AGAIN_S, FRESH_S, IssuerAwayError, Issuers
from tollway.net import Guard

GUARD = Guard(localhost=True)
DISCOVERY, CERTS = "/realms/api/.well-known/openid-configuration", "/realms/api/certs"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_an_issuer_is_asked_once_however_many_tokens_come(issuer: Issuer) -> None:
    async def crowd() -> None:
        known = Issuers(GUARD)
        found = await asyncio.gather(*(known.about(issuer.address) for _ in range(20)))
        assert {tuple(each.keys) for each in found} == {("first",)}
        await known.about(issuer.address, "first")

    asyncio.run(crowd())
    assert issuer.asked == [DISCOVERY, CERTS]


def test_a_new_key_is_known_when_a_token_names_it_but_not_at_every_guess(issuer: Issuer) -> None:
    clock = Clock()

    async def rotate() -> None:
        known = Issuers(GUARD, clock)
        await known.about(issuer.address)
        issuer.keys = [jwk(RSA_KEYS[1], "second")]
        for guess in range(20):
            assert "second" not in (await known.about(issuer.address, f"guess-{guess}")).keys
        assert len(issuer.asked) == 2
        clock.at += AGAIN_S
        assert set((await known.about(issuer.address, "second")).keys) == {"second"}
        for guess in range(20):
            await known.about(issuer.address, f"guess-{guess}")

    asyncio.run(rotate())
    assert len(issuer.asked) == 4


def test_keys_stay_while_the_issuer_is_away_and_end_when_it_withdraws_them(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()

    async def follow() -> None:
        known = Issuers(GUARD, clock)
        await known.about(issuer.address)
        issuer.close()
        clock.at += FRESH_S
        assert "first" in (await known.about(issuer.address)).keys
        for _ in range(3):
            clock.at += AGAIN_S
            assert "first" in (await known.about(issuer.address, "unknown")).keys
        assert caplog.text.count("nobody listens there; its keys stay") == 1
        issuer.start()
        issuer.keys = [jwk(RSA_KEYS[1], "second")]
        clock.at += AGAIN_S
        assert "first" in (await known.about(issuer.address)).keys  # nobody waits
        for _ in range(500):
            if "second" in (await known.about(issuer.address)).keys:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("not within 10 s: asked again")

    asyncio.run(follow())
    assert "is there again" in caplog.text


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        (DISCOVERY, (503, {}, b""), "answered 503"),
        (DISCOVERY, (302, {"Location": "http://elsewhere.localhost/"}, b""), "answered 302"),
        (DISCOVERY, (200, {}, b"<html>"), "makes no sense"),
        (CERTS, (200, {}, b"[]"), "make no sense"),
        (CERTS, (200, {}, b'{"keys": []}'), "no key that verifies"),
        (CERTS, (200, {}, b" " * (issuers.BYTES_MAX + 1)), "more than"),
    ],
)
def test_an_issuer_that_says_nothing_useful_is_away(
    issuer: Issuer, path: str, answer: tuple[int, dict[str, str], bytes], why: str
) -> None:
    issuer.raw[path] = answer

    async def ask() -> None:
        clock = Clock()
        known = Issuers(GUARD, clock)
        for _ in range(5):  # and it is not asked again at once
            with pytest.raises(IssuerAwayError, match=why):
                await known.about(issuer.address, "first")
        asked = issuer.asked.count(DISCOVERY)
        assert asked == 1
        del issuer.raw[path]
        clock.at += AGAIN_S
        assert "first" in (await known.about(issuer.address, "first")).keys

    asyncio.run(ask())


def test_addresses_are_guarded_those_of_the_keys_too(issuer: Issuer) -> None:
    async def ask(guard: Guard) -> str:
        with pytest.raises(IssuerAwayError) as told:
            await Issuers(guard).about(issuer.address)
        return str(told.value)

    assert "private addresses are not allowed" in asyncio.run(ask(Guard()))
    assert issuer.asked == []
    issuer.configuration["jwks_uri"] = f"http://127.0.0.1:{issuer.port}/realms/api/certs"
    assert "private addresses are not allowed" in asyncio.run(ask(GUARD))
    assert issuer.asked == [DISCOVERY]


def test_a_key_that_was_withdrawn_is_not_believed_when_keys_are_old(issuer: Issuer) -> None:
    clock = Clock()

    async def withdraw() -> None:
        known = Issuers(GUARD, clock)
        await known.about(issuer.address, "first")
        issuer.keys = [jwk(RSA_KEYS[1], "second")]
        clock.at += FRESH_S - 1
        assert "first" in (await known.about(issuer.address, "first")).keys
        clock.at += 3600  # however long nobody has called
        assert "first" not in (await known.about(issuer.address, "first")).keys

    asyncio.run(withdraw())


def test_who_is_named_by_no_product_is_forgotten(issuer: Issuer) -> None:
    async def forget() -> None:
        known = Issuers(GUARD)
        await known.about(issuer.address)
        known.keep([issuer.address])
        await known.about(issuer.address)
        assert len(issuer.asked) == 2
        known.keep([])
        await known.about(issuer.address)

    asyncio.run(forget())
    eventually(lambda: len(issuer.asked) == 4, "asked anew")
