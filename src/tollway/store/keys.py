"""What the store's keys are called, and which of them lie together.

All that one decision touches carries the shard tag ``{sNN}`` of its application, so that in a
cluster it lies in one slot. Ids are any text; where two make up a name, the first is preceded by
its length, so that no two pairs share one.
"""

from __future__ import annotations

import binascii
import zlib
from functools import lru_cache

from msgspec import Struct

SHARDS = 64  # fixed for the life of an installation: it decides where everything lies
POSITION = "position"
_SLOTS = 16384


class ApplicationKeys(Struct, frozen=True):
    """``record`` holds the application, ``cells`` its counters, ``stream`` its shard's usage.

    ``merged`` holds what waits to be appended to the stream, when that is long.
    """

    record: str
    cells: str
    stream: str
    merged: str
    slot: int


class FeedKeys(Struct, frozen=True):
    """The configuration feed of one environment; functions.lua says what each key holds."""

    feed: str
    documents: str
    published: str
    removed: str


def shard(*ids: str) -> int:
    """Return the shard of a service, or of a service's application: the same in every process."""
    return zlib.crc32(_joined(*ids).encode()) % SHARDS


def stream(number: int) -> str:
    return f"usage:{{s{number:02}}}"


def merged(number: int) -> str:
    """Return the key of what waits to be appended to a stream (functions.lua)."""
    return f"merged:{{s{number:02}}}"


@lru_cache(maxsize=20_000)
def application(service_id: str, application_id: str) -> ApplicationKeys:
    number = shard(service_id, application_id)
    name = f"{{s{number:02}}}:{_joined(service_id, application_id)}"
    record = f"application:{name}"
    return ApplicationKeys(record, f"cells:{name}", stream(number), merged(number), slot(record))


def tally(metric: str) -> bytes:
    """Return the field, among an application's cells, of what a metric's limits have refused."""
    return b"\xff" + metric.encode()


def product(service_id: str) -> str:
    return f"product:{_tagged(service_id)}"


def applications_of(service_id: str) -> str:
    """Return the key of the set of the service's application ids."""
    return f"applications:{_tagged(service_id)}"


def service_tokens_of(service_id: str) -> str:
    """Return the key of the set of digests of the service's tokens."""
    return f"service_tokens:{_tagged(service_id)}"


def notes(which: str, service_id: str) -> str:
    """Return the key of a list of notes about a service (tollway.store.notes)."""
    return f"{which}:{_tagged(service_id)}"


def user_key(digest: bytes) -> str:
    return f"user_key:{digest.hex()}"


def service_token(digest: bytes) -> str:
    """Return the key of the set of service ids that the token is good for."""
    return f"service_token:{digest.hex()}"


def provider(digest: bytes) -> str:
    return f"provider:{digest.hex()}"


def gateway(digest: bytes) -> str:
    return f"gateway:{digest.hex()}"


def feed(environment: str) -> FeedKeys:
    name = f"feed:{{{environment}}}"
    return FeedKeys(name, f"{name}:documents", f"{name}:published", f"{name}:removed")


def slot(key: str) -> int:
    """Return the cluster slot of a key: CRC16 of its hash tag, or of all of it."""
    start = key.find("{")
    end = key.find("}", start + 1) if start >= 0 else -1
    hashed = key[start + 1 : end] if end > start + 1 else key
    return binascii.crc_hqx(hashed.encode(), 0) % _SLOTS


def _joined(*ids: str) -> str:
    first, *rest = ids
    return ":".join((str(len(first)), first, *rest)) if rest else first


def _tagged(service_id: str) -> str:
    return f"{{s{shard(service_id):02}}}:{service_id}"
