"""Asks the processes whether they are well, as their users would: over HTTP, or with a PING.

Every check returns "" when all is well, else what is not. Checks never count a call.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tollway import clock
from tollway.cli.child import Check

TIMEOUT_S = 2.0
LOOPBACK = ("127.0.0.1", "::1")
LINE_BYTES_MAX = 1000
WORKER_STALE_S = 10.0


def status(url: str) -> int:
    """GET a URL of ours; return the answer's status. Raises ``OSError``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    path = f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}"
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    with _connected(host, parts.port or 80) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as answer:
            # HTTP/1.1 200 OK
            version, _, rest = answer.readline(LINE_BYTES_MAX).partition(b" ")
            answer.read()  # for the server's sake, who would see a connection reset
    if not version.startswith(b"HTTP/") or not rest[:3].isdigit():
        raise OSError("that is not HTTP")
    return int(rest[:3])


def _connected(host: str, port: int) -> socket.socket:
    """Connect, to this machine for names under ``.localhost``: `up` may be bound to ``::1``."""
    here = host == "localhost" or host.endswith(".localhost")
    first, *others = LOOPBACK if here else (host,)
    try:
        return socket.create_connection((first, port), TIMEOUT_S)
    except ConnectionRefusedError:
        if not others:
            raise
        return socket.create_connection((others[0], port), TIMEOUT_S)


def answers(url: str, *statuses: int) -> str:
    """Check that a URL answers with one of these statuses. Its query, often a key, is not told."""
    shown = url.partition("?")[0]
    try:
        found = status(url)
    except OSError as error:
        return f"{shown} does not answer: {error}"
    return "" if found in statuses else f"{shown} answers {found}"


def all_of(*checks: Check) -> Check:
    """Return a check that is content when all of these are."""

    def check() -> str:
        return next(filter(None, (check() for check in checks)), "")

    return check


def valkey(path: Path) -> str:
    """Check that the server on this socket has loaded its data and answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            answer = connection.recv(100).decode(errors="replace").strip()
    except OSError as error:
        return f"{path} does not answer: {error}"
    return "" if answer == "+PONG" else answer


def store(url: str) -> str:
    """Check that the server at a store's URL answers and lets us in; it may still be loading."""
    from tollway.store.connection import parse_url  # with much that `up` needs for nothing else

    try:
        address, login = parse_url(url)
    except ValueError as error:
        return str(error)
    commands = [*login.commands(), ("PING",)]
    try:
        with _opened(address.path, address.host, address.port) as connection:
            connection.sendall(b"".join(map(_packed, commands)))
            with connection.makefile("rb") as answers:
                found = [answers.readline(LINE_BYTES_MAX) for _ in commands]
    except OSError as error:
        return f"{address} does not answer: {error}"
    refused = [line for line in found if not line.startswith((b"+", b"-LOADING"))]
    said = refused[0].decode(errors="replace").strip() if refused else ""
    return f"{address} answers {said or 'nothing'}" if refused else ""


def _opened(path: str, host: str, port: int) -> socket.socket:
    if not path:
        return socket.create_connection((host, port), TIMEOUT_S)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT_S)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _packed(command: Sequence[str]) -> bytes:
    """Write a command as servers read it: each word after its length in bytes."""
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def recent(path: Path) -> str:
    """Check that a process that serves nobody has touched its sign of life lately."""
    if not path.exists():
        return "has not begun its first round"
    age_s = clock.now() - path.stat().st_mtime
    return "" if age_s < WORKER_STALE_S else f"no round finished for {age_s:.0f} s"
