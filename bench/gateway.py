"""What the gateway costs, as a share of what NGINX can do at all. Run: python bench/gateway.py.

One run presses, in turns and with 64 connections: an upstream alone; the same through a proxy that
does nothing else; through the gateway with an authority that always says yes (an NGINX, so that
only the gateway is measured); and with the real authority on Valkey. `wrk` (Debian's; its path as
WRK) presses; without it a client in Python does, which is slower than the servers, so that the
ratios come out too high. The best of several rounds counts: other work can only slow one down.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # not bench: its names are packages there

import servers  # noqa: E402
from acceptance.load import statuses  # noqa: E402
from gateway.platform import Platform  # noqa: E402
from gateway.stage import Authority, Gateway, eventually, free_port, service  # noqa: E402

ROUNDS = 3
SECONDS = 2
CALLS = 5_000
CLIENTS = 64
HOST = "s1.localhost"
TARGET = "/v1/fast/track?user_key=key"
RULES = [
    {"http_method": "GET", "pattern": f"/v{n}/fast", "metric_system_name": "hits", "delta": 1}
    for n in range(1, 22)
]
NGINX = """
daemon off; worker_processes auto; pid {directory}/bare.pid; error_log {directory}/bare.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; client_body_temp_path {directory}; proxy_temp_path {directory};
    fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
    keepalive_requests 1000000;
    upstream behind {{ server 127.0.0.1:{upstream}; keepalive 128; keepalive_requests 1000000; }}
    server {{ listen 127.0.0.1:{upstream} backlog=4096; location / {{ return 200 "hello"; }} }}
    server {{
        listen 127.0.0.1:{proxy} backlog=4096;
        location / {{
            proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";
        }}
    }}
    server {{
        listen 127.0.0.1:{yes} backlog=4096;
        location /transactions/ {{ return 200 ""; }}
        location /gateway/ {{ proxy_pass http://127.0.0.1:{feed}; proxy_buffering off; }}
    }}
}}
"""


def bare_nginx(stack: ExitStack, directory: Path, **ports: int) -> None:
    (directory / "bare.conf").write_text(NGINX.format(directory=directory, **ports))
    command = ["nginx", "-e", "stderr", "-p", str(directory), "-c", str(directory / "bare.conf")]
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command])
    stack.callback(process.wait, servers.PATIENCE_S)
    stack.callback(process.terminate)


def per_second(port: int) -> float:
    wrk = os.environ.get("WRK") or shutil.which("wrk")
    if not wrk:
        start = time.monotonic()
        statuses(f"http://{HOST}:{port}{TARGET}", clients=CLIENTS, calls=CALLS)
        return CALLS / (time.monotonic() - start)
    url = f"http://127.0.0.1:{port}{TARGET}"
    command = [wrk, "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-H", f"Host: {HOST}", url]
    pressed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in pressed, pressed
    found = re.search(r"Requests/sec:\s+([\d.]+)", pressed)
    assert found, pressed
    return float(found[1])


def serves(gateway: Gateway) -> Callable[[], bool]:
    return lambda: gateway.call(HOST, TARGET).status_code == 200


def main() -> None:
    with ExitStack() as stack:
        directories = [stack.enter_context(servers.short_directory()) for _ in range(4)]
        feed = Authority()
        stack.callback(feed.close)
        ports = {name: free_port() for name in ("upstream", "proxy", "yes")}
        bare_nginx(stack, directories[0], feed=feed.port, **ports)
        backend = f"http://api.localhost:{ports['upstream']}"

        eager = Gateway(directories[1], f"http://127.0.0.1:{ports['yes']}")
        stack.callback(eager.close)
        eager.wait()
        feed.serve(service("1", backend, proxy_rules=RULES))
        eventually(serves(eager), "gateway in front of a stub")

        url = stack.enter_context(servers.valkey_server(directories[2]))
        platform = Platform(directories[3], url)
        stack.callback(platform.close)
        platform.gateway.wait()
        platform.publish("1", maximum=10**9)
        platform.deploy("1", proxy_rules=RULES, api_backend=backend)
        eventually(serves(platform.gateway), "gateway in front of the authority")

        subjects = {
            "upstream alone": ports["upstream"],
            "through a bare proxy": ports["proxy"],
            "gateway, authority says yes": eager.ports["staging"],
            "gateway, authority, Valkey": platform.gateway.ports["staging"],
        }
        best = dict.fromkeys(subjects, 0.0)
        for _ in range(ROUNDS):
            for name, port in subjects.items():
                best[name] = max(best[name], per_second(port))
        base = best["upstream alone"]
        proxied = best["through a bare proxy"]
        print(f"{'':30}{'calls/s':>10}{'of upstream':>14}{'of bare proxy':>16}")
        for name, found in best.items():
            print(f"{name:30}{found:10,.0f}{found / base:14.2f}{found / proxied:16.2f}")


if __name__ == "__main__":
    main()
