"""The gateway with the real authority and the real store; publishing is the portal's part."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import servers
from gateway.stage import TOKEN, Gateway, Upstream, free_port, service
from tollway.store.publishing import Publisher
from tollway.store.sealing import Keyring
from tollway.store.snapshot import Application, Metric, Plan, Product, UsageLimit
from tollway.store.snapshot import Gateway as GatewayRecord

SRC = Path(__file__).parents[2] / "src"
KEYRING = Keyring((bytes(32),))  # what stage.Gateway and this authority are started with


class Platform:
    """Valkey, an authority in front of it, a gateway, and the portal's part: publishing."""

    def __init__(self, directory: Path, valkey_url: str) -> None:
        self._environ = {
            **os.environ,
            "PYTHONPATH": str(SRC),
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": "00" * 32,
            "TOLLWAY_VALKEY_URL": valkey_url,
        }
        self._port = free_port()
        self._log = directory / "authority.log"
        self.upstream = Upstream()
        self.publisher = Publisher.connect(valkey_url, KEYRING)
        self.publisher.put_gateway(KEYRING.digest("gateway_token", TOKEN), GatewayRecord(None))
        self.publisher.mark(1)
        self.start_authority()
        self.gateway = Gateway(directory, f"http://127.0.0.1:{self._port}")

    def start_authority(self) -> None:
        command = [
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "granian", "--no-ws"),
            *("--interface", "rsgi", "--loop", "uvloop", "--workers", "1"),
            *("--port", str(self._port), "tollway.authority.rsgi:app"),
        ]
        with self._log.open("ab") as log:
            self.authority = subprocess.Popen(
                command, env=self._environ, stdout=log, stderr=log, start_new_session=True
            )

    def kill_authority(self) -> None:
        os.killpg(self.authority.pid, signal.SIGKILL)
        self.authority.wait(servers.PATIENCE_S)

    def close(self) -> None:
        self.gateway.close()
        self.kill_authority()
        self.publisher.close()
        self.upstream.close()

    def publish(
        self,
        service_id: str,
        maximum: int | None = None,
        period: str = "minute",
        *,
        mode: str = "1",
        state: str = "active",
    ) -> None:
        """Publish a product of one metric with one application, ``app``, whose key is ``key``."""
        limits = [UsageLimit("1", period, maximum)] if maximum is not None else []
        plan = Plan("1", "Basic", limits)
        self.publisher.put_product(
            Product(service_id, "2", mode, metrics=[Metric("1", "hits")], plans={"1": plan})
        )
        key = KEYRING.digest("user_key", service_id, "key")
        self.publisher.put_application(
            Application(service_id, "app", state, "1", "Basic", user_keys=[key])
        )
        token = KEYRING.digest("service_token", f"token-of-{service_id}")
        self.publisher.put_service_token(service_id, token)

    def deploy(self, service_id: str, *, mode: str = "1", **proxy: object) -> None:
        document = service(service_id, f"http://api.localhost:{self.upstream.port}", **proxy)
        document["backend_version"] = mode
        self.publisher.put_configuration("staging", "2", service_id, document)

    def ask(self, service_id: str, target: str = "/?user_key=key") -> int:
        return self.gateway.call(f"s{service_id}.localhost", target).status_code
