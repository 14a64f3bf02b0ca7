"""The real thing: granian on a port, Valkey on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

import servers
from acceptance.load import statuses
from authority.published import KEYRING, SECRET_KEY, publish
from conftest import vectors
from tollway.authority import rsgi
from tollway.authority.params import FORM_BYTES_MAX
from tollway.store.publishing import Publisher
from tollway.store.snapshot import Gateway

SRC = Path(__file__).parents[2] / "src"
VECTORS = vectors("authrep")
TOKEN = "service_token=tok&service_id=2"
GATEWAY = {"authorization": "Bearer all"}
SECRETS = ("uk-open", "pk-oauth", "wr0ng-secret")


class Authority:
    def __init__(self, directory: Path, store: servers.Server) -> None:
        self.store = store
        (port,) = servers.free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.log = directory / "authority.log"
        command = [
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "granian"),
            *("--interface", "rsgi", "--loop", "uvloop", "--workers", "1", "--no-ws"),
            *("--host", "127.0.0.1", "--port", str(port), f"{rsgi.__name__}:app"),
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": str(SRC),
            "TOLLWAY_DATA_DIR": str(directory),
            "TOLLWAY_SECRET_KEY": SECRET_KEY.hex(),
            "TOLLWAY_VALKEY_URL": store.url,
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.http = httpx.Client(base_url=self.url, timeout=10)

    def publish(self) -> None:
        publisher = Publisher.connect(self.store.url, KEYRING)
        publish(publisher, VECTORS["state"])
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


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
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


def without_history(case: dict[str, Any]) -> bool:
    """Cases that fit a clock that moves on, and counters that others have used."""
    fixed = {"before", "at"} & case.keys() or "period_start" in case["body"]
    counts = "usage[" in case["ask"] or "3scale-limit-reset" in case.get("headers", {})
    return not (fixed or counts)


CASES = [case for case in VECTORS["cases"] if without_history(case)]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_the_vectors_over_http(authority: Authority, case: dict[str, Any]) -> None:
    method, _, target = case["ask"].partition(" ")
    headers = {"3scale-options": case.get("options", "")}
    if "content_type" in case:
        headers["content-type"] = case["content_type"]
    body = case.get("form", "").encode()
    answer = authority.http.request(method, target, headers=headers, content=body)
    extensions = {k: v for k, v in answer.headers.items() if k.startswith("3scale-")}
    assert (answer.status_code, answer.text) == (case["status"], case["body"])
    assert extensions == case.get("headers", {})
    assert answer.headers["content-type"] == "application/vnd.3scale-v2.0+xml"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_head_tells_the_length_of_what_get_would_send(authority: Authority) -> None:
    path = f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open"
    get, head = authority.http.get(path), authority.http.head(path)
    assert head.content == b""
    hop = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in hop} == {
        k: v for k, v in get.headers.items() if k not in hop
    }


@pytest.mark.parametrize(("method", "length"), [("HEAD", "0"), ("GET", "0"), ("OPTIONS", None)])
def test_an_empty_answer_tells_its_length(
    authority: Authority, method: str, length: str | None
) -> None:
    answer = authority.http.request(method, "/available")
    assert answer.headers.get("content-length") == length


def test_a_crowd_gets_exactly_what_the_limit_allows(authority: Authority) -> None:
    query = "service_token=tok4&service_id=4&app_id=crowd&usage%5Bhits%5D=1"
    url = f"{authority.url}/transactions/authrep.xml?{query}"
    assert statuses(url, clients=64, calls=1000) == {200: 10, 409: 990}


def test_a_body_is_not_read_further_than_is_allowed(authority: Authority) -> None:
    with socket.create_connection(("127.0.0.1", authority.port), timeout=10) as client:
        head = (
            f"POST /transactions.xml?{TOKEN} HTTP/1.1\r\nHost: a\r\nContent-Length: {2**40}\r\n\r\n"
        )
        client.sendall(head.encode())
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent <= FORM_BYTES_MAX:
                sent += client.send(b"a" * 65_536)
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"total query size exceeds limit (4194304)" in answer


def test_a_report_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsgi, "BODY_S", 0.0)

    class Silent:
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"transactions[0]"
            await asyncio.Event().wait()

    assert asyncio.run(rsgi._body({}, cast("rsgi.Http", Silent()))) is None


def test_a_report_that_breaks_off_counts_nothing(authority: Authority) -> None:
    path = f"/transactions/authorize.xml?{TOKEN}&user_key=uk-hourly-2"
    before = authority.http.get(path).text
    form = "transactions[0][user_key]=uk-hourly-2&transactions[0][usage][hits]=1"
    head = f"POST /transactions.xml?{TOKEN} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(form) + 2}"
    with socket.create_connection(("127.0.0.1", authority.port), timeout=10) as client:
        client.sendall(f"{head}\r\n\r\n{form}".encode())
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert authority.http.get(path).text == before


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /transactions/authrep.xml?user_key=\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /transactions/authrep.xml HTTP/1.1\r\nHost: a\r\n3scale-options: \xff\xfe\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["query", "header", "path", "length"],
)
def test_bytes_that_are_no_text_are_refused(authority: Authority, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", authority.port), timeout=10) as client:
        client.sendall(request_bytes)
        status = int(client.recv(65_536)[9:12])
    assert 400 <= status < 500


def test_a_store_that_went_away_is_used_again_when_it_is_back(authority: Authority) -> None:
    path = f"/transactions/authrep.xml?{TOKEN}&user_key=uk-open&usage%5Bhits%5D=1"
    authority.until(200, path)
    authority.store.kill()
    away = authority.until(503, path)
    assert away.headers["retry-after"] == "1"
    assert authority.http.get("/status").status_code == 200
    authority.store.start()
    assert authority.http.get(path).status_code == 503  # it is empty, which is not the key's fault
    authority.publish()
    authority.until(200, path)


def test_a_poll_does_not_keep_the_process_from_ending() -> None:
    with servers.short_directory() as directory:
        store = servers.Server(servers.valkey_binary(), directory=directory / "valkey")
        store.start()
        running = Authority(directory, store)
        running.publish()
        running.until(200, f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open")
        feed = "/gateway/v1/configurations?environment=staging"
        cursor = running.http.get(feed, headers=GATEWAY).json()["cursor"]
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as client:
            head = f"GET {feed}&after={cursor}&wait=25 HTTP/1.1\r\nHost: a"
            client.sendall(f"{head}\r\nAuthorization: Bearer all\r\n\r\n".encode())
            running.until(200, "/status")  # sent later, so the poll has been taken
            running.stop()
            answer = client.recv(65_536)
        store.kill()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert running.process.returncode == 0


def test_no_secret_is_logged(authority: Authority) -> None:
    for path in (
        f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open",
        "/transactions/authorize.xml?provider_key=wr0ng-secret&service_id=1&app_id=5",
        f"/transactions/authorize.xml?{TOKEN}&user_key=wr0ng-secret",
    ):
        authority.http.get(path)
    log = authority.log.read_text()
    assert "Started worker" in log
    assert not [secret for secret in SECRETS if secret in log]
