"""An authority as in production, granian on a port and Valkey on a socket, for tests."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

import servers
from authority.published import KEYRING, SECRET_KEY, publish
from authority.xml_vectors import STATE
from tollway.authority import rsgi
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Application, Gateway, Metric, Product, Source

SRC = Path(__file__).parents[2] / "src"
INTERNAL_PASSWORD = "p" * 32
SERVICES = [f"internal{number}" for number in range(10)]  # published through the internal API
TOKEN = "service_token=tok&service_id=2"


class Authority:
    def __init__(self, directory: Path, store: servers.Server, **environ: str) -> None:
        self.store = store
        (port,) = servers.free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.log = directory / "authority.log"
        self._command = [
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "granian"),
            *("--interface", "rsgi", "--loop", "uvloop", "--workers", "1", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), f"{rsgi.__name__}:app"),
        ]
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(SRC),
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": SECRET_KEY.hex(),
            "TOLLWAY_VALKEY_URL": store.url,
            "TOLLWAY_INTERNAL_PASSWORD": INTERNAL_PASSWORD,
            **environ,
        }
        self.http = httpx.Client(base_url=self.url, timeout=10)
        self.start()

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """Kill the process that answers; granian's main process ends when it sees that."""
        found = re.search(r"Spawning worker-1 with PID: (\d+)", self.log.read_text())
        assert found
        os.kill(int(found[1]), signal.SIGKILL)
        self.process.wait(servers.PATIENCE_S)

    def publish(self) -> None:
        publisher = Publisher.connect(self.store.url, KEYRING)
        publish(publisher, STATE)
        others = Publisher.connect(self.store.url, KEYRING, Source.INTERNAL)
        for service in SERVICES:
            others.put_product(Product(service, "", "2", [Metric("1", "hits")]))
            others.put_application(Application(service, "a", "active", "p", "P"))
        publisher.put_gateway(KEYRING.digest("gateway_token", "all"), Gateway(None))
        publisher.mark(1)

    def until(self, status: int, path: str) -> httpx.Response:
        """Ask until the answer has this status, at most ten seconds."""
        until = time.monotonic() + servers.PATIENCE_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = self.http.get(path)
                if answer.status_code == status:
                    return answer
            assert time.monotonic() < until, f"no {status}: {self.log.read_text()}"
            time.sleep(0.02)

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(servers.PATIENCE_S)


@contextlib.contextmanager
def authority_running() -> Iterator[Authority]:
    """Run an authority that decides about what the vectors publish."""
    with servers.short_directory() as directory:
        store = servers.Server(servers.valkey_binary(), directory=directory / "valkey")
        store.start()
        running = Authority(directory, store)
        try:
            running.publish()
            running.until(200, f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open")
            yield running
        finally:
            running.stop()
            store.kill()
