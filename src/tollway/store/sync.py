"""valkey-py's client, for everything off the hot path: one server or a cluster, from one URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import valkey
from valkey.cluster import ValkeyCluster
from valkey.exceptions import ClusterDownError, TryAgainError

from tollway.store import StoreUnavailableError
from tollway.store.connection import TIMEOUT_S, Reply, Word, parse_url

Client = valkey.Valkey | ValkeyCluster

# The server is away, or cannot serve now, though the command is right.
_NOT_NOW = (
    valkey.ConnectionError,
    valkey.TimeoutError,
    valkey.OutOfMemoryError,
    valkey.ReadOnlyError,
    ClusterDownError,
    TryAgainError,
)
_NOT_NOW_EITHER = frozenset({"BUSY", "MISCONF", "NOREPLICAS"})  # it has no classes for these


def connect(url: str) -> Client:
    """Open a client. Raises ``StoreUnavailableError``; a bad URL: ``ValueError``."""
    address, login = parse_url(url)
    known: dict[str, Any] = {
        "username": login.username or None,
        "password": login.password or None,
        "socket_timeout": TIMEOUT_S,
    }
    if address.path:
        client = valkey.Valkey(unix_socket_path=address.path, db=login.database, **known)
    else:
        known |= {"host": address.host, "port": address.port}
        client = valkey.Valkey(db=login.database, **known)
    about = run(client, "INFO", "cluster")
    with served():
        return ValkeyCluster(**known) if about["cluster_enabled"] else client


def run(client: Client, *command: Word) -> Reply:
    """Send one command. Raises ``StoreUnavailableError``, ``valkey.ResponseError``."""
    with served():
        return client.execute_command(*command)  # type: ignore[no-untyped-call]


@contextmanager
def served() -> Iterator[None]:
    """Raise ``StoreUnavailableError`` for whatever a server says that cannot serve now."""
    try:
        yield
    except _NOT_NOW as error:
        raise StoreUnavailableError(str(error)) from error
    except valkey.ResponseError as error:
        said = str(error).rpartition(" of pipeline caused error: ")[2]
        if said.partition(" ")[0] not in _NOT_NOW_EITHER:
            raise
        raise StoreUnavailableError(said) from error
