"""A change of several records that is done whole, or not at all, whoever else is writing.

A *draft* reads what it needs and collects what it would write. To commit it is one call of the
server's, which does nothing if anything that was read has moved on; then the change is drafted
again, on what there is now. So two writers never lose each other's work, and a process that is
killed leaves nothing half done.

In a cluster the keys lie on several servers. There each slot's part is one such call, in the order
in which they were first written: a draft writes what leads to a record before the record itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from tollway.store import SourceConflictError, keys
from tollway.store.connection import Reply, Word
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Holding, Owner, Product, Source, content

EVENTS_MAX = 100_000  # that wait to be fetched; older ones are dropped
_PRODUCT = msgspec.msgpack.Decoder(Product)
_APPLICATION = msgspec.msgpack.Decoder(Application)
_OWNER = msgspec.msgpack.Decoder(Owner)
_HOLDING = msgspec.msgpack.Decoder(Holding)
_pack = msgspec.msgpack.Encoder().encode
S = TypeVar("S")

Run = Callable[..., Reply]


class Part(Struct, frozen=True):
    """The keys and the arguments of one call of ``change_v1``."""

    keys: list[str]
    arguments: list[Word]


class Draft:
    """What one change has read, and would write. Any method may raise ``StoreUnavailableError``."""

    def __init__(self, run: Run, keyring: Keyring, source: Source) -> None:
        self.keyring = keyring
        self._run = run
        self._source = source
        self._replies: dict[str, Reply] = {}
        self._seen: dict[str, bytes] = {}  # b"": not there
        self._commands: list[tuple[str, str, tuple[Word, ...]]] = []

    # Reading. What is read this way has to be the same when the change is done.

    def product(self, service_id: str) -> Product | None:
        return self._record(keys.product(service_id), _PRODUCT)

    def application(self, service_id: str, application_id: str) -> Application | None:
        return self._record(keys.application(service_id, application_id).record, _APPLICATION)

    def owner(self, provider_key_digest: bytes) -> Owner | None:
        return self._value(keys.provider(provider_key_digest), _OWNER)

    def holding(self, owner: str) -> Holding | None:
        return self._value(keys.holding(owner), _HOLDING)

    def bearer(self, user_key_digest: bytes) -> str | None:
        """Return the id of the application that a user key leads to."""
        found = self._text(keys.user_key(user_key_digest))
        return None if found is None else found.decode()

    def told(self, service_id: str, application_id: str) -> bytes | None:
        return self._text(keys.told(service_id, application_id))

    def ask(self, *command: Word) -> Reply:
        """Read anything else; it is not looked at again."""
        return self._run(*command)

    def owned(self, service_id: str) -> Product | None:
        """Return a product that is to be changed. Raises ``SourceConflictError``."""
        product = self.product(service_id)
        if product is not None and product.source is not self._source:
            raise SourceConflictError(
                f"service {service_id!r} was not published by the {self._source} source"
            )
        return product

    # Writing, when the change is done. A record comes last.

    def do(self, key: str, verb: str, *rest: Word) -> None:
        """Have one of the server's commands done, or one of changing.lua's own."""
        self._commands.append((key, verb, rest))

    def put_product(self, product: Product) -> None:
        whole = msgspec.structs.replace(product, source=self._source)
        self.do(keys.product(product.id), "PUT", content(whole), self._source)

    def put_application(self, application: Application) -> None:
        """Put the record, and lead its user keys to it; those that it has lost lead nowhere."""
        service_id, id_ = application.service_id, application.id
        old = self.application(service_id, id_)
        self.do(keys.applications_of(service_id), "SADD", id_)
        for digest in application.user_keys:
            if self.bearer(digest) != id_:
                self.do(keys.user_key(digest), "SET", id_)
        for digest in set(old.user_keys if old else ()) - set(application.user_keys):
            if self.bearer(digest) == id_:
                self.do(keys.user_key(digest), "DEL")
        self.put_record(application)

    def put_record(self, application: Application) -> None:
        """Put the record alone: whatever leads to it stays as it is."""
        record = keys.application(application.service_id, application.id).record
        self.do(record, "PUT", content(application), "")

    def remove_application(self, application: Application) -> None:
        """Remove it with its counters: its id may come to mean another one."""
        where = keys.application(application.service_id, application.id)
        for digest in application.user_keys:
            if self.bearer(digest) == application.id:
                self.do(keys.user_key(digest), "DEL")
        self.do(keys.applications_of(application.service_id), "SREM", application.id)
        self.do(where.record, "DEL")
        self.do(where.cells, "DEL")
        self.do(keys.told(application.service_id, application.id), "DEL")

    def remove_service_tokens(self, service_id: str) -> None:
        for digest in self.ask("SMEMBERS", keys.service_tokens_of(service_id)):
            self.do(keys.service_token(digest), "SREM", service_id)
        self.do(keys.service_tokens_of(service_id), "DEL")

    def put_owner(self, digest: bytes, owner: Owner) -> None:
        whole = msgspec.structs.replace(owner, source=self._source)
        self.do(keys.provider(digest), "SET", _pack(whole))

    def put_holding(self, owner: str, holding: Holding) -> None:
        self.do(keys.holding(owner), "SET", _pack(holding))

    def tell(self, event: bytes) -> None:
        """Append an event to the queue that the internal API hands out."""
        self.do(keys.EVENTS, "QUEUE", event, EVENTS_MAX)

    # What the publisher makes of it.

    def parts(self, part_of: Callable[[str], object]) -> list[Part]:
        """Return the calls that do it.

        ``part_of`` says which keys can be in one call: those for which it returns the same.
        """
        places = dict.fromkeys(part_of(key) for key, _, _ in self._commands)
        read_only = dict.fromkeys(part_of(key) for key in self._seen)
        order = [*(p for p in read_only if p not in places), *places] if places else []
        return [self._part(place, part_of) for place in order]

    def _part(self, place: object, part_of: Callable[[str], object]) -> Part:
        names: dict[str, int] = {"": 0}
        values: dict[Word, int] = {b"": 0}

        def number(key: str) -> int:
            return names.setdefault(key, len(names))

        def value(word: Word) -> int:
            return values.setdefault(word, len(values))

        expected = [
            (number(k), value(seen)) for k, seen in self._seen.items() if part_of(k) == place
        ]
        commands = [
            (number(key), verb, [value(word) for word in rest], number(_beside(verb)))
            for key, verb, rest in self._commands
            if part_of(key) == place
        ]
        return Part(list(names)[1:], [_pack((expected, commands)), *list(values)[1:]])

    def _record(self, key: str, decoder: msgspec.msgpack.Decoder[S]) -> S | None:
        document, revision = self._once(key, "HMGET", "document", "revision")
        self._seen[key] = revision or b""
        return None if document is None else decoder.decode(document)

    def _value(self, key: str, decoder: msgspec.msgpack.Decoder[S]) -> S | None:
        found = self._text(key)
        return None if found is None else decoder.decode(found)

    def _text(self, key: str) -> bytes | None:
        found: bytes | None = self._once(key, "GET")
        self._seen[key] = found or b""
        return found

    def _once(self, key: str, verb: str, *rest: Word) -> Reply:
        """Read a key, and keep to what it held."""
        if key not in self._replies:
            self._replies[key] = self._run(verb, key, *rest)
        return self._replies[key]


def _beside(verb: str) -> str:
    """Return the other key that a command needs."""
    return keys.LAST_EVENT if verb == "QUEUE" else ""


def without(values: Sequence[S], gone: S) -> tuple[S, ...]:
    return tuple(value for value in values if value != gone)
