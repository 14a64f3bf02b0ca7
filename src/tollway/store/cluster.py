"""Which server a command goes to: the only one, or in a cluster the one that holds its slot.

A cluster is recognised by itself. MOVED and ASK are followed, the map of slots is read again when
it has proved wrong or a server went away, and a missing function library is loaded again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from tollway.store import StoreUnavailableError, library
from tollway.store.connection import (
    TIMEOUT_S,
    Address,
    Connection,
    Login,
    Node,
    Reply,
    ReplyError,
    Word,
)

_HOPS_MAX = 5  # MOVED and ASK followed for one command
_PAUSE_S = 0.1  # between two readings of the map of slots

# Error replies of a server that cannot serve now, though the command is right.
_NOT_NOW = frozenset(
    {"BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY"}
    | {"TRYAGAIN"}
)

log = logging.getLogger(__name__)


class Client:
    """Sends commands to where their keys lie. Open it with ``connect``."""

    def __init__(self, address: Address, login: Login) -> None:
        self._login = login
        self._seed = self._node(address)
        self._nodes: dict[Address, Node] = {}
        self._slots: list[Node] = []  # by slot; empty for a single server
        self._refreshing: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect if the server is there; if not, it is found once it comes."""
        try:
            await self._seed.ready(TIMEOUT_S)
            await self._refresh()
        except StoreUnavailableError as error:
            log.warning("starting without the store: %s", error)

    async def close(self) -> None:
        if self._refreshing:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        await asyncio.gather(*(node.close() for node in [self._seed, *self._nodes.values()]))

    def send(self, slot: int, *command: Word) -> asyncio.Future[Reply]:
        """Queue a command as ``call`` does, but leave its errors to the caller."""
        return (self._slots[slot] if self._slots else self._seed).send(*command)

    async def call(self, slot: int, *command: Word) -> Reply:
        """Send a command whose keys lie in ``slot``.

        Raises ``StoreUnavailableError``, or ``ReplyError`` for a command that the server refuses.
        """
        node = self._slots[slot] if self._slots else self._seed
        try:
            return await node.send(*command)
        except StoreUnavailableError:
            self._refresh_soon()
            raise
        except ReplyError as error:
            return await self._recover(node, error, command)

    async def _recover(self, node: Node, error: ReplyError, command: Sequence[Word]) -> Reply:
        """Do what an error reply asks for, and send the command again."""
        for _ in range(_HOPS_MAX):
            kind, *rest = str(error).split()
            asking = kind == "ASK"
            if kind in _NOT_NOW:
                self._refresh_soon()
                raise StoreUnavailableError(str(error)) from error
            if asking or kind == "MOVED":
                node = self._node_at(rest[1], node.address.host)
                if not asking:
                    self._refresh_soon()
                await node.ready(TIMEOUT_S)
            elif library.MISSING in str(error):
                await node.send("FUNCTION", "LOAD", "REPLACE", library.code())
            else:
                raise error
            try:
                return await self._ask(node, command) if asking else await node.send(*command)
            except ReplyError as next_error:
                error = next_error
        raise StoreUnavailableError(f"sent from server to server: {error}") from error

    async def _ask(self, node: Node, command: Sequence[Word]) -> Reply:
        # Both are sent in one turn, so nothing of another caller comes between them.
        _, reply = await asyncio.gather(node.send("ASKING"), node.send(*command))
        return reply

    def _node(self, address: Address) -> Node:
        return Node(address, self._login, _load_library)

    def _node_at(self, where: str, asked: str) -> Node:
        """Return the node at "host:port"; without a host it is the one that was asked."""
        host, _, port = where.rpartition(":")
        return self._node_for(Address(host or asked, int(port)))

    def _node_for(self, address: Address) -> Node:
        if address == self._seed.address:
            return self._seed
        if address not in self._nodes:
            self._nodes[address] = self._node(address)
        return self._nodes[address]

    def _refresh_soon(self) -> None:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh_and_pause())

    async def _refresh_and_pause(self) -> None:
        try:
            await self._refresh()
        except StoreUnavailableError as error:
            log.debug("no map of slots: %s", error)
        await asyncio.sleep(_PAUSE_S)

    async def _refresh(self) -> None:
        """Read the map of slots from whichever node answers. Raises ``StoreUnavailableError``."""
        for node in [self._seed, *self._nodes.values()]:
            try:
                ranges = await node.send("CLUSTER", "SLOTS")
            except StoreUnavailableError:
                continue
            except ReplyError as error:
                if "cluster support disabled" in str(error):
                    self._slots = []
                    return
                continue
            await self._use(node, ranges)
            return
        raise StoreUnavailableError("no server of the store answers")

    async def _use(self, asked: Node, ranges: Sequence[Reply]) -> None:
        """Take over a map of slots: [first, last, [host, port, ...], replicas...] each."""
        slots, known = [asked] * 16384, set(self._nodes)
        for first, last, (host, port, *_), *_replicas in ranges:
            address = Address((host or b"").decode() or asked.address.host, port)
            slots[first : last + 1] = [self._node_for(address)] * (last + 1 - first)
        new = [node for address, node in self._nodes.items() if address not in known]
        await asyncio.gather(*(n.ready(TIMEOUT_S) for n in new), return_exceptions=True)
        self._slots = slots
        kept = {node.address for node in slots}
        gone = [self._nodes.pop(address) for address in list(self._nodes) if address not in kept]
        await asyncio.gather(*(node.close() for node in gone))


async def _load_library(connection: Connection) -> None:
    """Put our functions on the server, unless it has this very text, or is a replica."""
    listed = await connection.send("FUNCTION", "LIST", "LIBRARYNAME", library.NAME, "WITHCODE")
    if any(library.code().encode() in entry for entry in listed):
        return
    try:
        await connection.send("FUNCTION", "LOAD", "REPLACE", library.code())
    except ReplyError as error:
        if not str(error).startswith("READONLY"):
            raise
