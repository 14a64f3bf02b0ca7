"""Writes what the data planes read: products, applications, credentials, configurations.

The only writer of snapshots, and synchronous: publishing is off the hot path. Every method is
absolute and may be repeated; what is there already changes nothing, not even a revision.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
import valkey
from valkey.cluster import ValkeyCluster

from tollway.store import SourceConflictError, StoreUnavailableError, keys, library, sync
from tollway.store.changing import Draft
from tollway.store.connection import Reply, Word
from tollway.store.feed import REMOVED_MAX
from tollway.store.following import SEAL
from tollway.store.notes import List
from tollway.store.sealing import Keyring
from tollway.store.snapshot import (
    ENVIRONMENTS,
    Application,
    Gateway,
    Owner,
    Product,
    Source,
    content,
)

DRAFTS_MAX = 100  # each can only be spoiled by another writer's success in between
T = TypeVar("T")

_APPLICATION = msgspec.msgpack.Decoder(Application)
_OWNER = msgspec.msgpack.Decoder(Owner)
_json = msgspec.json.Encoder(order="deterministic").encode


class Publisher:
    """Publishes for one ``source``. Not for several threads at once.

    Any method may raise ``StoreUnavailableError``; those that touch a service that the other source
    published raise ``SourceConflictError``. Digests are ``Keyring.digest``'s.
    """

    def __init__(
        self,
        client: sync.Client,
        keyring: Keyring,
        source: Source = Source.PORTAL,
    ) -> None:
        self._client = client
        self._keyring = keyring
        self._source = source

    @classmethod
    def connect(cls, url: str, keyring: Keyring, source: Source = Source.PORTAL) -> Publisher:
        """Open a publisher on a server or a cluster. A bad URL: ``ValueError``."""
        return cls(sync.connect(url), keyring, source)

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]

    def change(self, build: Callable[[Draft], T]) -> T:
        """Do what ``build`` drafts, whole or not at all, and return what it returned.

        It is asked again while others change what it has read; what it raises, nothing is done of.
        """
        for _ in range(DRAFTS_MAX):
            draft = Draft(self._run, self._keyring, self._source)
            answer = build(draft)
            if self._commit(draft):
                return answer
        raise StoreUnavailableError("what is to be changed changes faster than it can be read")

    def _commit(self, draft: Draft) -> bool:
        part_of = keys.slot if isinstance(self._client, ValkeyCluster) else _together
        parts = draft.parts(part_of)
        return all(self._function("change_v1", part.keys, *part.arguments) for part in parts)

    def put_product(self, product: Product) -> None:
        document = content(msgspec.structs.replace(product, source=self._source))
        key = keys.product(product.id)
        if not self._function("put_record_v1", [key], document, self._source):
            raise _conflict(product.id, self._source)

    def remove_product(self, service_id: str) -> None:
        """Remove the product, and its applications, tokens and configurations with it."""
        self._claim(service_id)
        self._run("DEL", keys.product(service_id))
        for which in List:
            self._run("DEL", keys.notes(which, service_id))
        for application_id in self._run("SMEMBERS", keys.applications_of(service_id)):
            self.remove_application(service_id, application_id.decode())
        for digest in self._run("SMEMBERS", keys.service_tokens_of(service_id)):
            self.remove_service_token(service_id, digest)
        for environment in ENVIRONMENTS:
            self.remove_configuration(environment, service_id)

    def put_application(self, application: Application) -> None:
        """Publish the application. A user key is one application's at a time, within a service."""
        self._claim(application.service_id)
        old = self._application(application.service_id, application.id)
        self._run("SADD", keys.applications_of(application.service_id), application.id)
        for digest in application.user_keys:
            self._run("SET", keys.user_key(digest), application.id)
        where = keys.application(application.service_id, application.id)
        self._function("put_record_v1", [where.record], content(application), "")
        for digest in set(old.user_keys if old else ()) - set(application.user_keys):
            self._function("remove_index_v1", [keys.user_key(digest)], application.id)

    def remove_application(self, service_id: str, application_id: str) -> None:
        """Remove the application and its counters: its id may come to mean another one."""
        self._claim(service_id)
        old = self._application(service_id, application_id)
        for digest in old.user_keys if old else ():
            self._function("remove_index_v1", [keys.user_key(digest)], application_id)
        where = keys.application(service_id, application_id)
        self._run("DEL", where.record, where.cells)
        self._run("SREM", keys.applications_of(service_id), application_id)

    def put_service_token(self, service_id: str, digest: bytes) -> None:
        self._claim(service_id)
        self._run("SADD", keys.service_tokens_of(service_id), digest)
        self._run("SADD", keys.service_token(digest), service_id)

    def remove_service_token(self, service_id: str, digest: bytes) -> None:
        self._claim(service_id)
        self._run("SREM", keys.service_token(digest), service_id)
        self._run("SREM", keys.service_tokens_of(service_id), digest)

    def put_provider(self, digest: bytes, owner: Owner) -> None:
        self._claim_provider(digest)
        whole = msgspec.structs.replace(owner, source=self._source)
        self._run("SET", keys.provider(digest), msgspec.msgpack.encode(whole))

    def remove_provider(self, digest: bytes) -> None:
        self._claim_provider(digest)
        self._run("DEL", keys.provider(digest))

    def put_gateway(self, digest: bytes, gateway: Gateway) -> None:
        self._run("SET", keys.gateway(digest), msgspec.msgpack.encode(gateway))

    def remove_gateway(self, digest: bytes) -> None:
        self._run("DEL", keys.gateway(digest))

    def put_configuration(
        self, environment: str, owner: str, service_id: str, document: Mapping[str, Any]
    ) -> None:
        """Publish a document of APIcast's SERVICE shape; it is sealed, as it holds a token."""
        feed = _feed(environment)
        self._claim(service_id)
        text = _json(document)
        digest = self._keyring.digest(SEAL, environment, service_id, text.decode())
        sealed = self._keyring.seal(text, SEAL)
        fresh = secrets.token_hex(8)
        self._function("put_configuration_v1", feed, service_id, owner, digest, sealed, fresh)

    def remove_configuration(self, environment: str, service_id: str) -> None:
        feed = _feed(environment)
        self._claim(service_id)
        self._function("remove_configuration_v1", feed, service_id, REMOVED_MAX)

    def position(self) -> int:
        """Return how far the publish reader has come; 0 on an empty store."""
        return int(self._run("GET", keys.POSITION) or 0)

    def mark(self, position: int) -> None:
        """Note how far the publish reader has come. The first mark opens the feeds.

        Until then readers of a feed keep what they have: a store that lost its data must not tell
        gateways that everything is gone. So everything is published before the first mark.
        """
        for environment in ENVIRONMENTS:
            self._run("HSETNX", keys.feed(environment).feed, "generation", secrets.token_hex(8))
        self._run("SET", keys.POSITION, position)

    def _application(self, service_id: str, application_id: str) -> Application | None:
        where = keys.application(service_id, application_id)
        document = self._run("HGET", where.record, "document")
        return None if document is None else _APPLICATION.decode(document)

    def _claim(self, service_id: str) -> None:
        source = self._run("HGET", keys.product(service_id), "source")
        if source is not None and source.decode() != self._source:
            raise _conflict(service_id, self._source)

    def _claim_provider(self, digest: bytes) -> None:
        found = self._run("GET", keys.provider(digest))
        if found is not None and _OWNER.decode(found).source is not self._source:
            raise SourceConflictError(
                f"a provider key was not published by the {self._source} source"
            )

    def _function(self, name: str, names: list[str], *rest: Word) -> Reply:
        command = ("FCALL", name, len(names), *names, *rest)
        try:
            return self._run(*command)
        except valkey.ResponseError as error:
            if library.MISSING not in str(error):
                raise
        self._run("FUNCTION LOAD", "REPLACE", library.code())
        return self._run(*command)

    def _run(self, *command: Word) -> Reply:
        return sync.run(self._client, *command)


def _feed(environment: str) -> list[str]:
    if environment not in ENVIRONMENTS:
        raise ValueError(f"environment is one of {', '.join(ENVIRONMENTS)}")
    return list(msgspec.structs.astuple(keys.feed(environment)))


def _together(key: str) -> int:  # noqa: ARG001  (one server holds all keys)
    return 0


def _conflict(service_id: str, source: Source) -> SourceConflictError:
    return SourceConflictError(f"service {service_id!r} was not published by the {source} source")
