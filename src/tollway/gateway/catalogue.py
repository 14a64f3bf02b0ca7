"""What NGINX should hold: a compiled document per service and environment, and who has which host.

It is a value that steps of the feed and new addresses change; ``tollway.gateway.pushing`` makes
NGINX agree with it. A document that cannot be compiled is reported, and the one before stays.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from tollway.gateway.addresses import Addresses
from tollway.gateway.compile import Environment, compile_service
from tollway.gateway.document import CompileError
from tollway.gateway.render import TlsIdentity
from tollway.store.snapshot import Configurations

Key = tuple[str, str]  # environment, service id

logger = logging.getLogger(__name__)


class Placed(Struct, frozen=True):
    """A document as NGINX gets it. ``version`` is a digest of the rest."""

    version: str
    hosts: tuple[str, ...]
    text: str


class Catalogue:
    """``placed`` is the desired state, ``cursors`` how far each environment is known."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._documents: dict[Key, Mapping[str, Any]] = {}
        self._claims: defaultdict[Key, set[str]] = defaultdict(set)  # environment, host -> ids
        self.placed: dict[Key, Placed] = {}
        self.cursors: dict[str, str] = {}

    async def apply(self, environment: Environment, step: Configurations) -> None:
        """Take over a step of the feed, and resolve the upstreams that it brings."""
        touched: set[Key] = set()
        gone: set[Key] = {(environment, service_id) for service_id in step.removed}
        compiled = list(_compiled(step, environment))
        named = {service_id for service_id, _ in compiled}
        if step.complete:
            gone |= {k for k in self._documents if k[0] == environment and k[1] not in named}
        for key in gone & self._documents.keys():
            touched |= self._replace(key, None)
        for service_id, document in compiled:
            if document:
                touched |= self._replace((environment, service_id), document)
        await self._addresses.learn(self.hosts_of(touched))
        self._place(touched)
        self.cursors[environment] = step.cursor

    def place_all(self) -> None:
        """Put the newest addresses into every document."""
        self._place(set(self._documents))

    def hosts(self) -> set[str]:
        """Return the host of every upstream that is in use."""
        return self.hosts_of(set(self._documents))

    def identities(self) -> set[TlsIdentity]:
        """Return whom upstream connections with TLS are made to."""
        found = map(self._addresses.identity, self._upstreams_of(set(self._documents)))
        return {identity for identity in found if identity}

    def issuers(self) -> set[str]:
        """Return the addresses of the issuers whose tokens open a product."""
        found = (document.get("openid") for document in self._documents.values())
        return {openid["issuer"] for openid in found if openid}

    def hosts_of(self, keys: set[Key]) -> set[str]:
        return set(map(self._addresses.dialled, self._upstreams_of(keys)))

    def _upstreams_of(self, keys: set[Key]) -> Iterator[Mapping[str, Any]]:
        for key in keys & self._documents.keys():
            document = self._documents[key]
            if "upstream" in document:
                yield document["upstream"]
            yield from (route["upstream"] for route in document["routes"])

    def _replace(self, key: Key, document: Mapping[str, Any] | None) -> set[Key]:
        """Put a document in place of what the service had; return who has to be placed again."""
        environment, service_id = key
        touched = {key}
        before = self._documents.pop(key, {"hosts": ()})
        for host in before["hosts"]:
            self._claims[environment, host].discard(service_id)
            touched |= {(environment, other) for other in self._claims[environment, host]}
        if document:
            self._documents[key] = document
            for host in document["hosts"]:
                self._claims[environment, host].add(service_id)
                touched |= {(environment, other) for other in self._claims[environment, host]}
        return touched

    def _place(self, keys: set[Key]) -> None:
        for key in keys:
            if document := self._documents.get(key):
                self.placed[key] = self._placed(key, document)
            else:
                self.placed.pop(key, None)

    def _placed(self, key: Key, document: Mapping[str, Any]) -> Placed:
        environment, service_id = key
        ours = []
        for host in document["hosts"]:
            first = min(self._claims[environment, host], key=_age)
            if first == service_id:
                ours.append(host)
            else:
                logger.warning(
                    "service %s (%s): host %s belongs to service %s",
                    service_id,
                    environment,
                    host,
                    first,
                )
        full = dict(document)
        if "upstream" in document:
            full["upstream"] = self._addresses.place(document["upstream"])
        full["routes"] = [
            {**route, "upstream": self._addresses.place(route["upstream"])}
            for route in document["routes"]
        ]
        text = msgspec.json.encode(full).decode()
        digest = hashlib.sha256(msgspec.json.encode([environment, service_id, ours, text]))
        return Placed(digest.hexdigest()[:32], tuple(ours), text)


def _compiled(
    step: Configurations, environment: Environment
) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield each service of a step with its compiled document, None where it makes no sense."""
    for service in step.services:
        service_id = str(service.get("id", "default"))
        try:
            document = compile_service(service, environment)
        except CompileError as error:
            logger.warning("service %s (%s) kept as it was: %s", service_id, environment, error)
            yield service_id, None
        else:
            for note in document["notes"]:
                logger.warning("service %s (%s): %s", service_id, environment, note)
            yield service_id, document


def _age(service_id: str) -> tuple[int, str]:
    """Order ids as they were given out, so that nobody takes an older service's host."""
    return (len(service_id), service_id)
