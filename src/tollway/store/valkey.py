"""The store on Valkey: ``spend`` in one round trip, and snapshots that are remembered exactly.

An application's record is remembered until a spend answers that it is stale, so a decision never
rests on an old one. Products, tokens and provider keys are asked for again after half a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from tollway.store import (
    Outcome,
    Spend,
    Spent,
    StoreUnavailableError,
    keys,
    spending,
)
from tollway.store.caching import Fresh, Recent
from tollway.store.cluster import Client
from tollway.store.connection import Reply, Word, parse_url
from tollway.store.following import Follower
from tollway.store.notes import KEPT_S, NOTES_MAX, List
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Configurations, Gateway, Owner, Product

FRESH_S = 0.5  # a change is in force everywhere within a second; the rest is the publisher's
LINES_MAX = 20_000  # about a megabyte and a half; the recorder reads fewer at a time
_APPLICATIONS_MAX = 20_000
_PRODUCTS_MAX = 2_000
_TOKENS_MAX = 2_000

T = TypeVar("T")

_SPENT = msgspec.msgpack.Decoder(Spent)
_PRODUCT = msgspec.msgpack.Decoder(Product)
_APPLICATION = msgspec.msgpack.Decoder(Application)
_OWNER = msgspec.msgpack.Decoder(Owner)
_GATEWAY = msgspec.msgpack.Decoder(Gateway)
_pack = msgspec.msgpack.Encoder().encode


class ValkeyStore:
    """Open it with ``connect``, in the event loop that uses it, and ``close`` it there."""

    def __init__(
        self, client: Client, keyring: Keyring, fresh_s: float, lines_max: int = LINES_MAX
    ) -> None:
        self._client = client
        self._lines_max = lines_max
        self._keyring = keyring
        self._follower = Follower(client, keyring)
        self._applications: Recent[tuple[str, str], Application] = Recent(_APPLICATIONS_MAX)
        self._user_keys: Recent[bytes, str] = Recent(_APPLICATIONS_MAX)
        self._products = Fresh(self._load_product, age_s=fresh_s, size_max=_PRODUCTS_MAX)
        self._tokens = Fresh(self._load_token, age_s=fresh_s, size_max=_TOKENS_MAX)
        self._providers = Fresh(self._load_provider, age_s=fresh_s, size_max=_TOKENS_MAX)

    @classmethod
    async def connect(
        cls, url: str, keyring: Keyring, *, fresh_s: float = FRESH_S, lines_max: int = LINES_MAX
    ) -> ValkeyStore:
        """Open a store. A server that is away is used once it comes; a bad URL: ``ValueError``.

        ``fresh_s``: for how long a product, token or provider key is taken as known.
        ``lines_max``: with how many lines a shard's usage stream is long, and usage is merged.
        """
        client = Client(*parse_url(url))
        await client.connect()
        return cls(client, keyring, fresh_s, lines_max)

    async def close(self) -> None:
        await self._follower.close()
        await self._client.close()

    async def spend(self, spend: Spend) -> Spent:
        spending.check(spend)
        where = keys.application(spend.service_id, spend.application_id)
        event = spending.event(spend)
        reply = await self._client.call(
            where.slot,
            *("FCALL", "spend_v3", 4, where.record, where.cells, where.stream, where.merged),
            *(spend.revision, _request(spend), b"" if event is None else _pack(event)),
            *(1 if event and event.replaced else 0, self._lines_max),
        )
        spent = _SPENT.decode(reply)
        if spent.outcome is Outcome.STALE:
            self._applications.drop((spend.service_id, spend.application_id))
        return spent

    async def product(self, service_id: str, *, fresh: bool = False) -> Product | None:
        if fresh:
            self._products.drop(service_id)
        return await self._published(await self._products.get(service_id))

    async def application(self, service_id: str, application_id: str) -> Application | None:
        return await self._published(await self._application(service_id, application_id))

    async def application_by_user_key(self, service_id: str, key: str) -> Application | None:
        digest = self._keyring.digest("user_key", service_id, key)
        known = self._user_keys.get(digest)
        if known is not None:
            application = await self._application(service_id, known)
            if application and digest in application.user_keys:
                return application
            self._user_keys.drop(digest)
        named = await self._call(keys.user_key(digest), "GET")
        if named is None:
            return await self._published(None)
        # The index is written before the record and cleared after it: only the record decides.
        application_id = named.decode()
        application = await self._application(service_id, application_id)
        if application and digest not in application.user_keys:
            self._applications.drop((service_id, application_id))  # older than the key, perhaps
            application = await self._application(service_id, application_id)
        if application is None or digest not in application.user_keys:
            return await self._published(None)
        self._user_keys.put(digest, application_id)
        return application

    async def service_token(self, token: str, service_id: str) -> bool:
        digest = self._keyring.digest("service_token", token)
        return bool(await self._published(await self._tokens.get((digest, service_id))))

    async def provider(self, provider_key: str) -> Owner | None:
        digest = self._keyring.digest("provider_key", provider_key)
        return await self._published(await self._providers.get(digest))

    async def gateway(self, token: str) -> Gateway | None:
        digest = self._keyring.digest("gateway_token", token)
        found = await self._call(keys.gateway(digest), "GET")
        return await self._published(None if found is None else _GATEWAY.decode(found))

    async def configurations(
        self, gateway: Gateway, environment: str, *, after: str, wait_s: float
    ) -> Configurations:
        return await self._follower.step(gateway, environment, after=after, wait_s=wait_s)

    async def note(self, which: List, service_id: str, lines: Sequence[Struct]) -> None:
        key = keys.notes(which, service_id)
        await self._call(key, "LPUSH", *map(_pack, lines))
        await self._call(key, "LTRIM", 0, NOTES_MAX - 1)
        await self._call(key, "EXPIRE", KEPT_S[which])

    async def _published(self, found: T | None) -> T | None:
        """Return what was found; and what was not, only if something has been published at all."""
        if found is None and not int(await self._call(keys.POSITION, "GET") or 0):
            raise StoreUnavailableError("nothing has been published to this store yet")
        return found

    async def _application(self, service_id: str, application_id: str) -> Application | None:
        """Return the record as this process remembers it, or as it is."""
        known = self._applications.get((service_id, application_id))
        if known is not None:
            return known
        where = keys.application(service_id, application_id)
        document, revision = await self._client.call(
            where.slot, "HMGET", where.record, "document", "revision"
        )
        if document is None:
            return None
        found = msgspec.structs.replace(_APPLICATION.decode(document), revision=int(revision))
        self._applications.put((service_id, application_id), found)
        return found

    async def _load_product(self, service_id: str) -> Product | None:
        key, last = keys.product(service_id), self._products.last(service_id)
        if last is not None:
            revision = await self._call(key, "HGET", "revision")
            if revision is not None and int(revision) == last.revision:
                return last
        document, revision = await self._call(key, "HMGET", "document", "revision")
        if document is None:
            return None
        return msgspec.structs.replace(_PRODUCT.decode(document), revision=int(revision))

    async def _load_token(self, pair: tuple[bytes, str]) -> bool | None:
        digest, service_id = pair
        return bool(await self._call(keys.service_token(digest), "SISMEMBER", service_id)) or None

    async def _load_provider(self, digest: bytes) -> Owner | None:
        found = await self._call(keys.provider(digest), "GET")
        return None if found is None else _OWNER.decode(found)

    async def _call(self, key: str, verb: str, *rest: Word) -> Reply:
        return await self._client.call(keys.slot(key), verb, key, *rest)


_NUMBERS = {period: number for number, period in enumerate(spending.PERIODS, 1)}


def _request(spend: Spend) -> bytes:
    """Pack what spend_v3 takes: the windows, and the entries with their periods as numbers."""
    return _pack(
        (
            spending.starts(spend.at),
            spending.counted(spend.at, spend.event_at),
            [
                (e.metric, e.kind, e.amount, [(_NUMBERS[period], cap) for period, cap in e.caps])
                for e in spend.entries
            ],
        )
    )
