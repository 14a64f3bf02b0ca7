"""Names what a report under an ``Idempotency-Key`` leaves behind, so that its repeat is recognised.

Under the name of a report lies its receipt; under the name of a line, beside the cells that it was
counted in, that it was. Names are keyed digests: neither keys nor credentials can be read in them.
"""

from __future__ import annotations

import hashlib

import msgspec

from tollway.authority.request import ProviderKey, Report
from tollway.store import Receipt
from tollway.store.sealing import Keyring


def name(keyring: Keyring, ask: Report, service_id: str) -> bytes:
    """Return the name of a report: its key belongs to who sends it, and to one product."""
    caller = ask.caller
    if isinstance(caller, ProviderKey):
        who = "provider_key", caller.key
    else:
        who = "service_token", caller.token
    return keyring.digest("receipt", *who, service_id, str(ask.key))


def digest(keyring: Keyring, ask: Report) -> bytes:
    """Tell a report from another. It is the parameters that count, not how they were written."""
    said = msgspec.msgpack.encode((ask.transactions, ask.flat_usage))
    return keyring.digest("report", hashlib.blake2b(said).hexdigest())


def line_name(report: bytes, receipt: Receipt, number: int) -> bytes:
    """Return the name of a report's line. A key that is used anew days later makes new ones."""
    parts = b"%b %d %d" % (report, receipt.at, number)
    return hashlib.blake2b(parts, digest_size=len(report)).digest()
