from __future__ import annotations

import pytest

from tollway.store.sealing import Keyring, UnsealError

OLD, NEW = b"o" * 32, b"n" * 32


def test_a_digest_is_the_same_for_the_same_secret_only() -> None:
    ring = Keyring([OLD])
    digest = ring.digest("user_key", "1", "abc")
    assert len(digest) == 20
    assert digest == Keyring([OLD]).digest("user_key", "1", "abc")
    others = [("user_key", "1a", "bc"), ("user_key", "2", "abc"), ("app_key", "1", "abc")]
    assert digest not in [ring.digest(*parts) for parts in others]
    assert digest != Keyring([NEW]).digest("user_key", "1", "abc")


def test_a_seal_opens_in_its_own_context_only() -> None:
    ring = Keyring([OLD])
    sealed = ring.seal(b"secret", "app_key")
    assert b"secret" not in sealed
    assert ring.unseal(sealed, "app_key") == b"secret"
    with pytest.raises(UnsealError, match="not sealed for this"):
        ring.unseal(sealed, "user_key")


def test_a_new_key_is_put_in_front_and_the_old_one_still_opens_and_finds() -> None:
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    assert after.unseal(before.seal(b"secret", "app_key"), "app_key") == b"secret"
    assert after.digest("user_key", "1", "abc") == before.digest("user_key", "1", "abc")
    with pytest.raises(UnsealError, match="not in this ring"):
        before.unseal(after.seal(b"secret", "app_key"), "app_key")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(100)])
def test_nonsense_does_not_open(sealed: bytes) -> None:
    with pytest.raises(UnsealError):
        Keyring([OLD]).unseal(sealed, "app_key")


@pytest.mark.parametrize("keys", [[], [b"short"]])
def test_a_ring_needs_keys_of_full_length(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring(keys)
