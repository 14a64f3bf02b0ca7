"""A portal as `tollway setup` and `tollway portal` make one, for a gateway to boot from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

import servers
from acceptance.world import LocalTransport
from gateway.stage import eventually, free_port

SRC = Path(__file__).parents[2] / "src"


class Portal:
    """The sample tenant's documents name ``authority`` and an upstream on ``echo_port``."""

    def __init__(self, directory: Path, authority: str, echo_port: int) -> None:
        self.port = free_port()
        self._log = directory / "portal.log"
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SRC),
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": "5e" * 32,
            "TOLLWAY_GATEWAY_TOKEN": "unused",
            "TOLLWAY_AUTHORITY_URL": authority,
            "TOLLWAY_PORT_PORTAL": str(self.port),
            "TOLLWAY_PORT_ECHO": str(echo_port),
        }
        self._http = httpx.Client(transport=LocalTransport(), timeout=servers.PATIENCE_S)
        self._tollway("setup").wait(60)
        self.credentials = json.loads((directory / "credentials.json").read_text())
        self.admin = f"demo-admin.localhost:{self.port}"
        self.token = self.credentials["access_token"]
        self.start()

    def start(self) -> None:
        self._process = self._tollway("portal")
        eventually(self._answers, "portal answers")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(servers.PATIENCE_S)

    def close(self) -> None:
        self._http.close()
        if self._process.poll() is None:
            self.stop()

    def api(self, method: str, path: str, /, **body: Any) -> Any:
        """Call the Account Management API as the sample tenant's admin; return the JSON answer."""
        answer = self._http.request(
            method, f"http://{self.admin}/admin/api{path}.json",
            params={"access_token": self.token}, json=body or None,
        )  # fmt: skip
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def product(self, name: str) -> tuple[int, str]:
        """Make a product in front of the sample backend; return its id and its staging host."""
        service = self.api("POST", "/services", name=name, system_name=name)["service"]["id"]
        backend = self.api("GET", "/backend_apis")["backend_apis"][0]["backend_api"]["id"]
        path = f"/services/{service}"
        self.api("POST", f"{path}/backend_usages", backend_api_id=backend, path="/")
        self.api("POST", f"{path}/proxy/deploy")
        proxy = self.api("GET", f"{path}/proxy")["proxy"]
        return service, str(httpx.URL(proxy["sandbox_endpoint"]).host)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        with suppress(httpx.TransportError):
            return self._http.get(f"http://{self.admin}/status").status_code == 200
        return False

    def _tollway(self, command: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tollway.cli.main", command],
                env=self._environ, stdout=log, stderr=log,
            )  # fmt: skip
