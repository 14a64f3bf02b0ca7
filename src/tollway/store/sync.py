"""valkey-py's client, for everything off the hot path: one server or a cluster, from one URL."""

from __future__ import annotations

from typing import Any

import valkey
from valkey.cluster import ValkeyCluster
from valkey.exceptions import ClusterDownError, TryAgainError

from tollway.store import StoreUnavailableError
from tollway.store.connection import TIMEOUT_S, Reply, Word, parse_url

Client = valkey.Valkey | ValkeyCluster

# The server is away, or cannot serve now, though the command is right.
NOT_NOW = (
    valkey.ConnectionError,
    valkey.TimeoutError,
    valkey.OutOfMemoryError,
    valkey.ReadOnlyError,
    ClusterDownError,
    TryAgainError,
)


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
    try:
        return ValkeyCluster(**known) if about["cluster_enabled"] else client
    except NOT_NOW as error:
        raise StoreUnavailableError(str(error)) from error


def run(client: Client, *command: Word) -> Reply:
    """Send one command. Raises ``StoreUnavailableError``, ``valkey.ResponseError``."""
    try:
        return client.execute_command(*command)  # type: ignore[no-untyped-call]
    except NOT_NOW as error:
        raise StoreUnavailableError(str(error)) from error
