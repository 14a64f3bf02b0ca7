"""A gateway without a portal as a process, started by the command line, with its management API."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from gateway.stage import Gateway, service


class Alone(Gateway):
    """Serves production; the management API is where other gateways have their metrics."""

    def __init__(self, data_dir: Path, *arguments: str, **environ: str) -> None:
        self._arguments = arguments
        super().__init__(data_dir, "", TOLLWAY_PORT_METRICS="", **environ)

    def start(self) -> None:
        command = [
            *(sys.executable, "-m", "tollway.cli.main", "gateway", *self._arguments),
            *("--data-dir", str(self.data_dir), "--port", str(self.ports["production"])),
            *("--management-port", str(self.ports["metrics"])),
        ]
        with self.log.open("ab") as log:
            self.agent = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)

    def manage(self, method: str, path: str, body: object = None, **more: Any) -> httpx.Response:
        url = f"http://127.0.0.1:{self.ports['metrics']}{path}"
        return self._http.request(method, url, json=body, **more)

    def answers(self) -> bool:
        with suppress(httpx.TransportError):
            return self.manage("GET", "/status/live").status_code == 200
        return False

    def put(self, *services: object) -> None:
        answer = self.manage("PUT", "/config", {"services": services})
        assert answer.status_code == 200, answer.text

    def ask(self, target: str, **more: Any) -> httpx.Response:
        return self.call("alone.example", target, on="production", **more)


def bare(port: int, **proxy: Any) -> dict[str, Any]:
    """Return a document with what is needed and nothing else."""
    whole = service("7", None)
    rule = {"http_method": "GET", "pattern": "/", "metric_system_name": "hits", "delta": 1}
    return {
        **{name: value for name, value in whole.items() if name != "proxy"},
        "proxy": {
            "hosts": ["alone.example"],
            "api_backend": f"http://127.0.0.1:{port}",
            "proxy_rules": [rule],
            **proxy,
        },
    }
