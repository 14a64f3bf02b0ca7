"""Where upstreams are: their names are resolved here, and NGINX is only told addresses.

Names are asked for again every few seconds; when that fails the old addresses stay. Which of them
may be dialled is the guard's decision, made each time a document is placed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from tollway.gateway.render import PLAIN, TlsIdentity
from tollway.net import ForbiddenAddressError, Guard, resolve

PATIENCE_S = 2.0  # a new document waits so long for its names, then goes without; they come later
QUICK_START_HOST = "echo-api.3scale.net"  # the upstream of 3scale's quick start

logger = logging.getLogger(__name__)


def bracketed(address: str) -> str:
    """Write an address as NGINX wants it."""
    return f"[{address}]" if ":" in address else address


class Addresses:
    """``changed`` is set whenever a host has got other addresses."""

    def __init__(self, guard: Guard, echo_alias: str, changed: asyncio.Event) -> None:
        self._guard = guard
        self._echo_alias = echo_alias
        self._changed = changed
        self._known: dict[str, tuple[str, ...]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._told: set[str] = set()

    async def learn(self, hosts: Iterable[str]) -> None:
        """Ask for those that are new, and wait for the answers, but not long."""
        asked = [self._ask(host) for host in set(hosts) if host not in self._known]
        if asked:
            await asyncio.wait(asked, timeout=PATIENCE_S)

    def refresh(self, hosts: Iterable[str]) -> None:
        """Ask for all of these again, and forget all others."""
        wanted = set(hosts)
        for host in self._known.keys() - wanted:
            del self._known[host]
        for host in wanted:
            _ = self._ask(host)

    def place(self, upstream: Mapping[str, Any]) -> dict[str, Any]:
        """Return an upstream of a compiled document with what Lua needs to call it.

        ``peers`` are the addresses to dial (none: it cannot be reached), the first ``preferred`` of
        them in turn and the others when those fail; ``pool`` is the upstream block in nginx.conf.
        """
        placed = self._aliased(upstream)
        host, port = placed["host"], placed["port"]
        peers = self.of(host)
        if host == upstream["host"]:  # not the operator's own alias
            peers = self._allowed(host, port)
        tls = placed["scheme"] == "https"
        placed["peers"] = [bracketed(peer) for peer in peers]
        placed["preferred"] = sum(":" not in peer for peer in peers) or len(peers)
        placed["pool"] = TlsIdentity(host, port).pool if tls else PLAIN
        return placed

    def _allowed(self, host: str, port: int) -> tuple[str, ...]:
        try:
            return self._guard.allowed(host, self.of(host), port)
        except ForbiddenAddressError as error:
            self._tell(f"{error}; calls to it are answered 503")
            return ()

    def of(self, host: str) -> tuple[str, ...]:
        return self._known.get(host, ())

    def all(self) -> Mapping[str, tuple[str, ...]]:
        """Return every host that is asked for, with the addresses that it has."""
        return dict(self._known)

    def dialled(self, upstream: Mapping[str, Any]) -> str:
        """Name the host whose addresses matter for an upstream."""
        return str(self._aliased(upstream)["host"])

    def identity(self, upstream: Mapping[str, Any]) -> TlsIdentity | None:
        """Return whom a TLS connection to this upstream must be with; None without TLS."""
        aliased = self._aliased(upstream)
        if aliased["scheme"] != "https":
            return None
        return TlsIdentity(aliased["host"], aliased["port"])

    def _aliased(self, upstream: Mapping[str, Any]) -> dict[str, Any]:
        """Send the quick start's upstream to our own Echo API, if there is one; Host stays.

        So is the Echo API's own name, whatever its port was when the backend was saved.
        """
        host, _, port = self._echo_alias.rpartition(":")
        if not host or upstream["host"] not in {QUICK_START_HOST, host}:
            return dict(upstream)
        return {**upstream, "scheme": "http", "host": host, "port": int(port)}

    def _ask(self, host: str) -> asyncio.Task[None]:
        """Have one question per host under way at most: a dead name server takes long over it."""
        if host not in self._asking:
            self._asking[host] = asyncio.create_task(self._look_up(host))
        return self._asking[host]

    async def _look_up(self, host: str) -> None:
        try:
            found = await resolve(host)
        except OSError as error:
            self._tell(f"{host} does not resolve: {error.strerror or error}")
            self._known.setdefault(host, ())
            return
        finally:
            del self._asking[host]
        if self._known.get(host) != found:
            self._known[host] = found
            self._changed.set()

    def _tell(self, trouble: str) -> None:
        if trouble not in self._told:
            self._told.add(trouble)
            logger.warning("%s", trouble)
