"""A gateway on a stage: real agent and NGINX between an authority and an upstream that take notes.

The authority here says what a test wants and remembers what it was asked: these tests are about
what a gateway sends and does. ``tests/authority`` has what the real one decides.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

PATIENCE_S = 10
TOKEN = "a-gateway-token"
RUN_AGENT = """
import asyncio, logging, os
from tollway import config
from tollway.gateway import agent
logging.basicConfig(level="INFO", format="%(name)s: %(message)s")
asyncio.run(agent.main(config.load(os.environ)))
"""


def eventually(fact: Callable[[], Any], what: str) -> Any:
    """Wait until ``fact`` holds, at most 10 s, and return it."""
    start = time.monotonic()
    while not (found := fact()):
        assert time.monotonic() - start < PATIENCE_S, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.01)
    print(f"{what}: {time.monotonic() - start:.3f} s")  # noqa: T201  (figures help to judge a run)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Authority:
    """Answers authrep by the caller's key or id, feeds configurations, and takes refusals."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []  # request target, headers
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}  # key or id -> status, headers
        self.refusals: list[dict[str, Any]] = []
        self.down = False
        self.refused_token = ""
        self._services: dict[str, dict[str, Any]] = {"staging": {}, "production": {}}
        self._version = 1
        self._changed = threading.Condition()
        self._server = _server(self._handler(), port)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        with self._changed:
            self.down = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def serve(self, service: Mapping[str, Any], environment: str = "staging") -> None:
        with self._changed:
            self._services[environment][str(service["id"])] = service
            self._version += 1
            self._changed.notify_all()

    def remove(self, service_id: str, environment: str = "staging") -> None:
        with self._changed:
            self._services[environment].pop(service_id, None)
            self._version += 1
            self._changed.notify_all()

    def services(self, environment: str) -> dict[str, Any]:
        return self._services[environment]

    def _fed(
        self, authorization: str, query: Mapping[str, list[str]]
    ) -> tuple[int, dict[str, str], bytes]:
        if authorization == f"Bearer {self.refused_token}":
            return 401, {}, b'{"error": "no such token"}'
        return 200, {}, json.dumps(self._configurations(query)).encode()

    def _configurations(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return everything, whenever anything has changed."""
        after, wait_s = query["after"][0] if "after" in query else "", float(query["wait"][0])
        with self._changed:
            self._changed.wait_for(lambda: self.down or after != str(self._version), wait_s)
            fresh = after != str(self._version)
            services = list(self._services[query["environment"][0]].values())
            return {
                "cursor": str(self._version),
                "complete": fresh,
                "services": services if fresh else [],
                "removed": [],
            }

    def _handler(authority) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(_Handler):
            def do_GET(self) -> None:
                if authority.down:
                    self.close_connection = True
                    return
                target = urlsplit(self.path)
                query = parse_qs(target.query, keep_blank_values=True)
                if target.path == "/gateway/v1/configurations":
                    self.answer(*authority._fed(self.headers["Authorization"], query))
                    return
                authority.asked.append((self.path, dict(self.headers)))
                [caller] = query.get("user_key") or query.get("app_id") or [""]
                status, headers = authority.answers.get(caller, (200, {}))
                self.answer(status, headers, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if authority.down or self.headers["Authorization"] != f"Bearer {TOKEN}":
                    self.close_connection = True
                    return
                authority.refusals += json.loads(body)
                self.answer(200, {}, b"{}")

        return Handler


class Upstream:
    """Answers everything with 200 and what ``body`` says, and keeps the bytes of what it got."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.got: list[tuple[bytes, bytes]] = []  # head, body
        self.connections = 0
        self.answer: Callable[[bytes], bytes] = lambda _head: (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-From: upstream\r\n\r\nhello"
        )
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family, backlog=128)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    @property
    def last(self) -> tuple[str, dict[str, str], bytes]:
        """The request line, the headers by lower-case name, and the body of the last call."""
        head, body = self.got[-1]
        line, *fields = head.decode("latin-1").split("\r\n")
        pairs = (field.partition(": ") for field in fields)
        return line, {name.lower(): value for name, _, value in pairs}, body

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as reader:
            while head := _head(reader):
                lower = head.lower()
                length = lower.partition(b"content-length: ")[2].partition(b"\r\n")[0]
                body = reader.read(int(length)) if length else b""
                self.got.append((head, body))
                connection.sendall(self.answer(head))


class Gateway:
    """The agent as a process, with NGINX as its child."""

    def __init__(self, data_dir: Path, authority: str, **environ: str) -> None:
        self.data_dir = data_dir
        self.ports = {"staging": free_port(), "production": free_port(), "metrics": free_port()}
        self.log = data_dir / "agent.log"
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TOLLWAY_DATA_DIR": str(data_dir),
            "TOLLWAY_SECRET_KEY": "00" * 32,
            "TOLLWAY_GATEWAY_TOKEN": TOKEN,
            "TOLLWAY_AUTHORITY_URL": authority,
            **{f"TOLLWAY_PORT_{name.upper()}": str(port) for name, port in self.ports.items()},
            **environ,
        }
        # A reload of NGINX closes idle connections, and a call that crosses that has no answer: a
        # client then has to ask again (RFC 9112, 9.3.1). With a connection a call nothing crosses.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(timeout=PATIENCE_S, limits=limits)
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.agent = subprocess.Popen(
                [sys.executable, "-c", RUN_AGENT], env=self._environ, stdout=log, stderr=log
            )

    def close(self) -> None:
        self._http.close()
        if self.agent.poll() is None:
            self.agent.terminate()
            self.agent.wait(PATIENCE_S)
        for pid in self.nginx_pids():
            os.kill(pid, signal.SIGKILL)

    def healthy(self) -> bool:
        with suppress(httpx.TransportError):
            url = f"http://127.0.0.1:{self.ports['metrics']}/healthz"
            return self._http.get(url).status_code == 200
        assert self.agent.poll() is None, self.log.read_text()
        return False

    def wait(self) -> None:
        try:
            eventually(self.healthy, "gateway healthy")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log.read_text()}") from error

    def call(
        self, host: str, target: str, *, on: str = "staging", method: str = "GET", **more: Any
    ) -> httpx.Response:
        """Send a request whose target is these very bytes."""
        self._http.cookies.clear()  # an upstream of another test may have set some
        headers = {"Host": host, **more.pop("headers", {})}
        request = self._http.build_request(
            method, f"http://127.0.0.1:{self.ports[on]}/", headers=headers, **more
        )
        request.extensions["target"] = target.encode()
        return self._http.send(request)

    def admin(self, path: str, method: str = "GET") -> Any:
        transport = httpx.HTTPTransport(uds=str(self.data_dir / "gateway/admin.sock"), verify=False)
        with httpx.Client(transport=transport) as client:
            return client.request(method, f"http://nginx{path}").json()

    def metrics(self) -> str:
        return self._http.get(f"http://127.0.0.1:{self.ports['metrics']}/metrics").text

    def nginx_pids(self) -> list[int]:
        """Return every living process that this gateway's NGINX has, orphans too."""
        return [pid for pid in nginx_processes() if self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        with suppress(OSError):
            return any(
                str(link.readlink()) == str(self.data_dir / "gateway/access.log")
                for link in Path(f"/proc/{pid}/fd").iterdir()
            )
        return False


def nginx_processes() -> Iterator[int]:
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (directory / "comm").read_text().strip() == "nginx":
                yield int(directory.name)


@contextmanager
def stage(data_dir: Path, **environ: str) -> Iterator[tuple[Authority, Upstream, Gateway]]:
    authority, upstream = Authority(), Upstream()
    gateway = Gateway(data_dir, authority.url, **environ)
    try:
        gateway.wait()
        yield authority, upstream, gateway
    finally:
        gateway.close()
        upstream.close()
        authority.close()


def service(service_id: str, backend: str | None, **proxy: Any) -> dict[str, Any]:
    """Return a document of APIcast's shape, as the portal writes one for a new product."""
    rule = {"http_method": "GET", "pattern": "/", "metric_system_name": "hits", "delta": 1}
    errors = {
        "auth_missing": (403, "Authentication parameters missing"),
        "auth_failed": (403, "Authentication failed"),
        "no_match": (404, "No Mapping Rule matched"),
        "limits_exceeded": (429, "Usage limit exceeded"),
    }
    written: dict[str, Any] = {
        "hosts": [f"s{service_id}.localhost"],
        "api_backend": backend,
        "credentials_location": "query",
        "auth_user_key": "user_key",
        "secret_token": f"secret-of-{service_id}",
        "policy_chain": [{"name": "apicast", "version": "builtin", "configuration": {}}],
        "proxy_rules": [rule],
    }
    for kind, (status, body) in errors.items():
        written[f"error_status_{kind}"] = status
        written[f"error_{kind}"] = body
        written[f"error_headers_{kind}"] = "text/plain; charset=us-ascii"
    return {
        "id": int(service_id),
        "system_name": f"service_{service_id}",
        "backend_version": "1",
        "backend_authentication_type": "service_token",
        "backend_authentication_value": f"token-of-{service_id}",
        "proxy": {**written, **proxy},
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        with suppress(BrokenPipeError):  # the agent has ended in the meantime
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def _server(handler: type[BaseHTTPRequestHandler], port: int) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _head(reader: Any) -> bytes:
    lines: list[bytes] = []
    while line := reader.readline():
        if line == b"\r\n":
            return b"".join(lines).removesuffix(b"\r\n")
        lines.append(line)
    return b""
