"""A server that answers as a test wants: as a staging gateway would, or an API, or neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from msgspec import Struct

from portal.people import BY, Provider
from tollway.core.configurations import fingerprint
from tollway.portal.applications.services import update_product
from tollway.portal.catalog import documents, selectors
from tollway.portal.catalog.services import update_proxy


class Said(Struct, frozen=True):
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""


Speak = Callable[[str, Mapping[str, str]], Said]


class Speaker:
    """``heard`` are the requests: target, and headers by their names in small letters."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://own.localhost:{port}"
        self.heard: list[tuple[str, dict[str, str]]] = []


@contextmanager
def speaking(speak: Speak) -> Iterator[Speaker]:
    """Serve on a port of this machine until the test has seen enough."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            speaker.heard.append((self.path, headers))
            said = speak(self.path, headers)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    speaker = Speaker(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield speaker
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configuration_of(provider: Provider) -> str:
    """Return the fingerprint of what is in force on staging."""
    config = selectors.config_in_force(provider.tenant, provider.product, "sandbox")
    return fingerprint(documents.decode(config.content)) if config else ""


class Gateway:
    """Answers as ours does: tells the configuration, 403 to calls without a key, else ``answer``.

    ``configuration`` is what it tells, "" for nothing.
    """

    def __init__(self, answer: Said) -> None:
        self.answer = answer
        self.configuration = ""

    def __call__(self, target: str, _: Mapping[str, str]) -> Said:
        headers = {}
        if self.configuration:
            headers["X-Tollway-Configuration"] = self.configuration
        if "user_key=" not in target:
            return Said(403, headers, b"Authentication parameters missing")
        made = {"X-3scale-matched-rules": "/", "X-3scale-usage": "usage%5Bhits%5D=1"}
        return Said(
            self.answer.status, {**headers, **made, **self.answer.headers}, self.answer.body
        )


@contextmanager
def served(provider: Provider, answer: Said) -> Iterator[tuple[Gateway, Speaker]]:
    """Serve the product at a staging gateway of its own, which has what is in force by now."""
    gateway = Gateway(answer)
    with speaking(gateway) as speaker:
        serve_at(provider, speaker.url)
        gateway.configuration = configuration_of(provider)
        yield gateway, speaker


def serve_at(provider: Provider, url: str) -> None:
    """Have the product's staging gateway be at ``url``, and put the product there."""
    update_product(provider.product, by=BY, deployment_option="self_managed")
    update_proxy(provider.product, by=BY, sandbox_endpoint=url)
