"""What authrep costs, as a share of what the server can do at all. Run: python bench/authority.py.

One run starts a Valkey and two granian workers: a bare hello world and the authority. `wrk`
(Debian's; its path as WRK) presses them in turns with 64 connections; without it a client in Python
does, which is slower than either server, so that the ratios come out too high. The best of several
rounds counts: other work on the machine can only slow a round down. Ratios are of the same run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # not bench: it has an `authority` too

import servers  # noqa: E402
from acceptance.load import statuses  # noqa: E402
from authority.published import KEYRING, SECRET_KEY, publish  # noqa: E402
from tollway.store.publishing import Publisher  # noqa: E402

ROUNDS = 4
SECONDS = 2
CALLS = 10_000
CLIENTS = 64
STATE = {
    "services": [
        {
            "id": "1",
            "owner": "acme",
            "mode": "1",
            "tokens": ["t"],
            "metrics": [["1", "hits"], ["2", "search", "1"]],
            "plans": {
                "basic": {"name": "Basic", "limits": [["1", "day", 10**9], ["1", "minute", 10**8]]}
            },
            "applications": [{"id": "a", "user_keys": ["key"]}],
        }
    ]
}
HELLO = """
async def app(scope, protocol):
    protocol.response_bytes(200, [("content-type", "text/plain")], b"hello")
"""
AUTHREP = "/transactions/authrep.xml?service_token=t&service_id=1&user_key=key&usage%5Bsearch%5D=1"
QUIET = "rejection_reason_header=1&limit_headers=1&no_body=1"
AUTHORIZE = AUTHREP.replace("authrep", "authorize")


class Worker:
    """One granian worker, as `tollway authority` runs it."""

    def __init__(self, target: str, directory: Path, **environment: str) -> None:
        (port,) = servers.free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command = [
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "granian", "--no-log"),
            *("--interface", "rsgi", "--loop", "uvloop", "--workers", "1", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), target),
        ]
        path = f"{ROOT / 'src'}:{directory}"
        inherited = {**os.environ, "PYTHONPATH": path, **environment}
        self._process = subprocess.Popen(command, env=inherited)

    def __enter__(self) -> Worker:
        until = time.monotonic() + servers.PATIENCE_S
        while time.monotonic() < until:
            try:
                statuses(f"{self.url}/status", clients=1, calls=1)
                return self
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the worker did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def per_second(self, path: str, options: str = "") -> float:
        wrk = os.environ.get("WRK") or shutil.which("wrk")
        url = self.url + path
        if not wrk:
            start = time.monotonic()
            statuses(url, clients=CLIENTS, calls=CALLS)
            return CALLS / (time.monotonic() - start)
        pressed = subprocess.run(
            [wrk, "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-H", f"3scale-options: {options}", url],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert "Non-2xx" not in pressed, pressed
        found = re.search(r"Requests/sec:\s+([\d.]+)", pressed)
        assert found, pressed
        return float(found[1])


def main() -> None:
    with servers.short_directory() as directory, servers.valkey_server(directory / "valkey") as url:
        publisher = Publisher.connect(url, KEYRING)
        publish(publisher, STATE)
        publisher.mark(1)
        environment = {
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": SECRET_KEY.hex(),
            "TOLLWAY_VALKEY_URL": url,
        }
        (directory / "hello.py").write_text(HELLO)
        with (
            Worker("hello:app", directory) as hello,
            Worker("tollway.authority.rsgi:app", directory, **environment) as authority,
        ):
            presses = {
                "hello world": lambda: hello.per_second("/"),
                "status": lambda: authority.per_second("/status"),
                "authorize": lambda: authority.per_second(AUTHORIZE),
                "authrep": lambda: authority.per_second(AUTHREP),
                "authrep, quiet": lambda: authority.per_second(AUTHREP, QUIET),
            }
            rounds = [{name: press() for name, press in presses.items()} for _ in range(ROUNDS)]
    best = {name: max(measured[name] for measured in rounds) for name in presses}
    for name, rate in best.items():
        print(f"{name:14} {rate:10,.0f}/s   {rate / best['hello world']:.2f}")


if __name__ == "__main__":
    main()
