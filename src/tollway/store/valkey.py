"""The store on Valkey: ``spend`` in one round trip, and snapshots that are remembered exactly.

An application's record is remembered until a spend answers that it is stale, so a decision never
rests on an old one. Products, tokens and provider keys are asked for again after half a second.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from tollway.store import (
    ONCE_S,
    Outcome,
    Receipt,
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
from tollway.store.packing import Packer
from tollway.store.sealing import Keyring
from tollway.store.snapshot import (
    Application,
    Configurations,
    Gateway,
    Owner,
    Product,
    Source,
)

FRESH_S = 0.5  # a change is in force everywhere within a second; the rest is the publisher's
LINES_MAX = 20_000  # about a megabyte and a half; the recorder reads fewer at a time
_APPLICATIONS_MAX = 200_000  # 60 MB for each 100,000 (bench/authority.py)
_PRODUCTS_MAX = 2_000
_TOKENS_MAX = 2_000

T = TypeVar("T")

_SPENT = msgspec.msgpack.Decoder(Spent)
_PRODUCT = msgspec.msgpack.Decoder(Product)
_APPLICATION = msgspec.msgpack.Decoder(Application)
_OWNER = msgspec.msgpack.Decoder(Owner)
_RECEIPT = msgspec.msgpack.Decoder(Receipt)
_GATEWAY = msgspec.msgpack.Decoder(Gateway)
_pack = msgspec.msgpack.Encoder().encode


class Holder(Struct, frozen=True, gc=False):
    """Whose a user key is. The application's record decides, by the key's digest."""

    application_id: str
    digest: bytes


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
        self._user_keys: Recent[tuple[str, str], Holder] = Recent(_APPLICATIONS_MAX)
        self._packer = Packer()
        self._of_internal: set[str] = set()  # services that are not the portal's
        self._products = Fresh(
            self._load_product,
            lambda service_id: self._ask(keys.product(service_id), "HGET", "revision"),
            lambda product, revision: revision is not None and int(revision) == product.revision,
            age_s=fresh_s,
            size_max=_PRODUCTS_MAX,
        )
        self._tokens = Fresh(
            self._load_token,
            lambda pair: self._ask(self._token_key(pair[0]), "SISMEMBER", pair[1]),
            lambda _, member: bool(member),
            age_s=fresh_s,
            size_max=_TOKENS_MAX,
        )
        self._providers = Fresh(
            self._load_provider,
            lambda digest: self._ask(keys.provider(digest), "GET"),
            lambda owner, packed: packed is not None and _OWNER.decode(packed) == owner,
            age_s=fresh_s,
            size_max=_TOKENS_MAX,
        )

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
        for known in (self._products, self._tokens, self._providers):
            await known.close()
        await self._client.close()

    @property
    def counts_for_internal(self) -> bool:
        """Whether this process knows services of the internal source."""
        return bool(self._of_internal)

    async def spend(self, spend: Spend) -> Spent:
        packed = self._packer.packed(spend)
        named = keys.of_internal if spend.service_id in self._of_internal else keys.application
        where = named(spend.service_id, spend.application_id)
        event = spending.event(spend, packed.changes)
        names = spend.service_id, spend.application_id
        once = (keys.once(*names, spend.once),) if spend.once else ()
        reply = await self._client.call(
            where.slot,
            *("FCALL", "spend_once_v1" if once else "spend_v3", 4 + len(once)),
            *(where.record, where.cells, where.stream, where.merged, *once),
            *(spend.revision, packed.request, b"" if event is None else _pack(event)),
            *(1 if event and event.replaced else 0, self._lines_max),
        )
        spent = _SPENT.decode(reply)
        if spent.outcome is Outcome.STALE:
            self._applications.drop((spend.service_id, spend.application_id))
        return spent

    def product_at_hand(self, token: str, service_id: str) -> Product | None:
        known = self._tokens.at_hand((token, service_id))
        return self._products.at_hand(service_id) if known else None

    def application_at_hand(
        self, service_id: str, app_id: str | None, user_key: str | None
    ) -> Application | None:
        if app_id is not None:
            return self._applications.get((service_id, app_id))
        holder = self._user_keys.get((service_id, user_key or ""))
        known = holder and self._applications.get((service_id, holder.application_id))
        return known if known and holder and holder.digest in known.user_keys else None

    async def product(self, service_id: str, *, fresh: bool = False) -> Product | None:
        if fresh:
            self._products.drop(service_id)
        return await self._products.get(service_id) or await self._published(None)

    async def application(self, service_id: str, application_id: str) -> Application | None:
        found = await self._application(service_id, application_id)
        return found or await self._published(None)

    async def application_by_user_key(self, service_id: str, key: str) -> Application | None:
        if known := self.application_at_hand(service_id, None, key):
            return known
        digest = self._keyring.digest("user_key", service_id, key)
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
        own = next(known for known in application.user_keys if known == digest)  # not kept twice
        self._user_keys.put((application.service_id, key), Holder(application.id, own))
        return application

    async def service_token(self, token: str, service_id: str) -> bool:
        return bool(await self._tokens.get((token, service_id)) or await self._published(None))

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

    async def receipt(self, name: bytes) -> Receipt | None:
        found = await self._call(keys.receipt(name), "GET")
        return None if found is None else _RECEIPT.decode(found)

    async def put_receipt(self, name: bytes, receipt: Receipt) -> bool:
        modest = () if receipt.counted else ("NX",)
        words = (_pack(receipt), *modest, "EX", ONCE_S)
        return await self._call(keys.receipt(name), "SET", *words) is not None

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
        found = _lean(_APPLICATION.decode(document), int(revision))
        self._applications.put((service_id, application_id), found)
        return found

    async def _load_product(self, service_id: str) -> Product | None:
        key, last = keys.product(service_id), self._products.last(service_id)
        if last is not None:
            revision = await self._call(key, "HGET", "revision")
            if revision is not None and int(revision) == last.revision:
                return last
        document, revision = await self._call(key, "HMGET", "document", "revision")
        self._of_internal.discard(service_id)
        if document is None:
            return None
        found = msgspec.structs.replace(_PRODUCT.decode(document), revision=int(revision))
        if found.source is Source.INTERNAL:
            self._of_internal.add(service_id)
        return found

    def _token_key(self, token: str) -> str:
        return keys.service_token(self._keyring.digest("service_token", token))

    async def _load_token(self, pair: tuple[str, str]) -> bool | None:
        token, service_id = pair
        return bool(await self._call(self._token_key(token), "SISMEMBER", service_id)) or None

    async def _load_provider(self, digest: bytes) -> Owner | None:
        found = await self._call(keys.provider(digest), "GET")
        return None if found is None else _OWNER.decode(found)

    def _ask(self, key: str, verb: str, *rest: Word) -> asyncio.Future[Reply]:
        """Put a question whose answer may as well be an error."""
        return self._client.send(keys.slot(key), verb, key, *rest)

    async def _call(self, key: str, verb: str, *rest: Word) -> Reply:
        return await self._client.call(keys.slot(key), verb, key, *rest)


def _lean(application: Application, revision: int) -> Application:
    """Return a record of that revision that shares what many records have in common."""
    return msgspec.structs.replace(
        application,
        service_id=sys.intern(application.service_id),
        state=sys.intern(application.state),
        plan_id=sys.intern(application.plan_id),
        plan_name=sys.intern(application.plan_name),
        user_keys=tuple(application.user_keys),
        keys=tuple(application.keys),
        referrer_filters=tuple(application.referrer_filters),
        revision=revision,
    )
