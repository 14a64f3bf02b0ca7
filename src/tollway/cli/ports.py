"""Ports that somebody else listens on, and who that is."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import asdict

from tollway.cli.refused import RefusedError
from tollway.config import Ports

LISTEN = "0A"  # the state's number in /proc/net/tcp


def check_free(ports: Ports, bind: str) -> None:
    """Raise ``RefusedError`` if one is taken, naming it, the process, and the way out."""
    if not _free(bind, 0):
        raise RefusedError(f"TOLLWAY_BIND={bind}: not an address of this machine")
    try:
        busy = [(name, port) for name, port in asdict(ports).items() if not _free(bind, port)]
    except PermissionError:
        raise RefusedError(
            f"only root may listen on such low ports. Choose others: {_others(bind)}"
        ) from None
    if busy:
        found = ", ".join(f"{port} ({name}) by {listener(port)}" for name, port in busy)
        raise RefusedError(f"ports in use: {found}. End that, or choose others: {_others(bind)}")


def check_each(named: Mapping[str, int | None], bind: str) -> None:
    """Raise ``RefusedError`` if one of these, by the option's name, cannot be listened on."""
    for option, port in named.items():
        try:
            if port and not _free(bind, port):
                raise RefusedError(f"{option} {port} is in use by {listener(port)}")
        except PermissionError:
            raise RefusedError(f"{option} {port}: only root may listen there") from None


def listener(port: int) -> str:
    """Name the process that listens there, as far as /proc shows it to us."""
    inodes = {
        fields[9]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, _lines(Path("/proc/net", table))[1:])
        if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port
    }
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(descriptor.readlink())
            if target.removeprefix("socket:[").removesuffix("]") in inodes:
                process = descriptor.parent.parent
                return f"{(process / 'comm').read_text().strip()}, process {process.name}"
        except OSError:
            continue  # another user's, or gone in the meantime
    return "a process of another user"


def _others(bind: str) -> str:
    """Return the option that takes ports that nobody has."""
    base = next(base for base in range(20000, 60000, 100) if _all_free(base, bind))
    return f"--port-base {base}"


def _all_free(base: int, bind: str) -> bool:
    return all(_free(bind, port) for port in asdict(Ports.from_base(base)).values())


def _free(bind: str, port: int) -> bool:
    """Say whether nobody listens there. Raises ``PermissionError``: not for us."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections of a server that has ended are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
            probe.listen()
        except PermissionError:
            raise
        except OSError:
            return False
        return True


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
