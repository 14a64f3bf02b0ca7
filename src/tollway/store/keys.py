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
from msgspec.structs import replace

SHARDS = 64  # fixed for the life of an installation: it decides where everything lies
POSITION = "position"
EVENTS = "events:{internal}"  # a sorted set by id: what the internal API tells
LAST_EVENT = "last_event:{internal}"
RUNG = "rung:{internal}"  # that the events hook was rung lately
REMOVALS = "removals:{internal}"  # services that are gone, with applications still to remove
RESETS = "resets:{internal}"  # services with counters still to remove
_SLOTS = 16384
_TAG_CHARS = len("{s00}")


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


def heard(number: int) -> str:
    """Return the key of a shard's usage stream for services of the internal source."""
    return f"heard:{{s{number:02}}}"


def heard_merged(number: int) -> str:
    return f"heard_merged:{{s{number:02}}}"


def told(service_id: str, application_id: str) -> str:
    """Return the key of what has been told of an application's traffic and levels."""
    return f"told:{{s{shard(service_id, application_id):02}}}:{_joined(service_id, application_id)}"


def application(service_id: str, application_id: str) -> ApplicationKeys:
    name = _application(service_id, application_id)
    stream_, merged_, slot_ = _of_shard(name[:_TAG_CHARS])
    return ApplicationKeys(f"application:{name}", f"cells:{name}", stream_, merged_, slot_)


@lru_cache(maxsize=SHARDS)
def _of_shard(tag: str) -> tuple[str, str, int]:
    """Return what all keys of a shard have in common: its streams' keys, and their slot."""
    number = int(tag[2:4])
    return stream(number), merged(number), slot(tag)


@lru_cache(maxsize=20_000)
def of_internal(service_id: str, application_id: str) -> ApplicationKeys:
    """Return the same keys, but for the streams of the internal source's services."""
    number = shard(service_id, application_id)
    of_portal = application(service_id, application_id)
    return replace(of_portal, stream=heard(number), merged=heard_merged(number))


def once(service_id: str, application_id: str, name: bytes) -> str:
    """Return the key that says that something named was done to the application's cells."""
    return f"once:{_application(service_id, application_id)}:{name.hex()}"


def receipt(name: bytes) -> str:
    return f"receipt:{name.hex()}"


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


def holding(owner: str) -> str:
    """Return the key of what the internal source knows of one of its owners."""
    return f"holding:{owner}"


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


def _application(service_id: str, application_id: str) -> str:
    ids = f"{len(service_id)}:{service_id}:{application_id}"
    return f"{{s{zlib.crc32(ids.encode()) % SHARDS:02}}}:{ids}"


def _tagged(service_id: str) -> str:
    return f"{{s{shard(service_id):02}}}:{service_id}"
