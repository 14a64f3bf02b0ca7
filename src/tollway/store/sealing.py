"""Secrets at rest: found by a keyed hash, given back from a seal.

A dump of SQL or Valkey holds only digests (keyed BLAKE2b) and seals (AES-256-GCM); without the
master key neither yields a credential. A seal names the key that made it, so keys can be rotated:
the first key of a ring seals, every key of it unseals. Digests always use the ring's *last*, that
is oldest, key, because a digest cannot be made again without the secret itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_DIGEST_BYTES = 20
_ID_BYTES = 4
_NONCE_BYTES = 12
KEY_BYTES_MIN = 32


class UnsealError(Exception):
    """A seal made for something else, by a key that this ring does not hold, or tampered with."""


class Keyring:
    """The master keys of an installation, newest first, each at least 32 bytes of chance."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < KEY_BYTES_MIN for key in keys):
            raise ValueError(f"a master key has at least {KEY_BYTES_MIN} bytes")
        self._ciphers = {_derive(k, b"name")[:_ID_BYTES]: AESGCM(_derive(k, b"seal")) for k in keys}
        self._newest = next(iter(self._ciphers))
        self._mac = hashlib.blake2b(digest_size=_DIGEST_BYTES, key=_derive(keys[-1], b"digest"))

    def digest(self, kind: str, *parts: str) -> bytes:
        """Return 20 bytes that find the secret ``parts`` of this kind; equal input, equal output.

        ``kind`` and every part are length-prefixed, so ("a", "bc") and ("ab", "c") differ.
        """
        mac = self._mac.copy()
        for part in (kind, *parts):
            data = part.encode()
            mac.update(len(data).to_bytes(4, "big") + data)
        return mac.digest()

    def seal(self, secret: bytes, context: str) -> bytes:
        """Encrypt ``secret``. It opens again only under the same ``context``, e.g. "app_key"."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._ciphers[self._newest]
        return self._newest + nonce + cipher.encrypt(nonce, secret, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed. Raises ``UnsealError``."""
        name, nonce = sealed[:_ID_BYTES], sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise UnsealError("sealed by a key that is not in this ring")
        try:
            return cipher.decrypt(nonce, sealed[_ID_BYTES + _NONCE_BYTES :], context.encode())
        except (InvalidTag, ValueError) as error:
            raise UnsealError("not sealed for this, or damaged") from error


def _derive(key: bytes, use: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=32, person=b"tollway-" + use).digest()
