"""The real thing: granian on a port, Valkey on a socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import ClassVar, cast

import pytest

from acceptance.load import statuses
from authority.published import KEYRING
from authority.running import TOKEN, Authority, authority_running
from authority.xml_vectors import CASES, Case, expected, headers_of
from tollway.authority import rsgi
from tollway.authority.params import FORM_BYTES_MAX
from tollway.authority.routes import Routes
from tollway.store.memory import MemoryStore

GATEWAY = {"authorization": "Bearer all"}
SECRETS = ("uk-open", "pk-oauth", "wr0ng-secret")


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with authority_running() as running:
        yield running


def without_history(case: Case) -> bool:
    """Tell whether a case fits a clock that moves on, and counters that others have used."""
    fixed = {"before", "at", "state"} & case.keys() or "period_start" in case.get("body", "")
    dated = "timestamp" in case.get("form", "")
    counts = "usage[" in case["ask"] or "3scale-limit-reset" in case.get("headers", {})
    sendable = case["ask"].partition(" ")[0].isupper()  # httpx writes methods in capitals
    return sendable and not (fixed or dated or counts)


@pytest.mark.parametrize("case", [c for c in CASES if without_history(cast("Case", c.values[0]))])
def test_the_vectors_over_http(authority: Authority, case: Case) -> None:
    method, _, target = case["ask"].partition(" ")
    body = case.get("form", "").encode()
    answer = authority.http.request(method, target, headers=headers_of(case), content=body)
    headers = dict(answer.headers)
    length = int(headers.pop("content-length"))
    hop = {"date", "server"}
    seen = {name: value for name, value in headers.items() if name not in hop}
    assert (answer.status_code, answer.text, seen) == expected(case)
    assert length == len(answer.content)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/transactions/authrep.xml"), ("POST", "/transactions.xml")]
)
def test_a_query_that_is_too_long_is_answered_without_a_word(
    authority: Authority, method: str, path: str
) -> None:
    answer = authority.http.request(method, f"{path}?{'a' * 10_241}")
    assert (answer.status_code, answer.content) == (400, b"")
    assert "content-type" not in answer.headers


def test_nothing_may_be_cached_by_a_tag_and_names_of_headers_are_in_lower_case(
    authority: Authority,
) -> None:
    answer = authority.http.get(f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open")
    names = [name for name, _ in answer.headers.raw]
    assert names == [name.lower() for name in names]
    assert not {b"etag", b"cache-control", b"expires"} & set(names)


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
    query = "service_token=tok4&service_id=4&app_id=throng&usage%5Bhits%5D=1"
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

    with rsgi.Room().taken() as take:
        assert asyncio.run(rsgi._body({}, cast("rsgi.Http", Silent()), take)) is None


def test_long_bodies_have_room_together_and_short_ones_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rsgi, "BODIES_BYTES_MAX", 2 * rsgi.BODY_BYTES_FREE)
    room = rsgi.Room()

    async def read(chunks: int) -> int:
        class Sent:
            async def __aiter__(self) -> AsyncIterator[bytes]:
                for _ in range(chunks):
                    yield b"a" * rsgi.BODY_BYTES_FREE

        with room.taken() as take:
            body = await rsgi._body({}, cast("rsgi.Http", Sent()), take)
            with pytest.raises(rsgi.NoRoomError), room.taken() as more:
                more(2 * rsgi.BODY_BYTES_FREE + 1 if chunks == 1 else rsgi.BODY_BYTES_FREE + 1)
            return len(body or b"")

    for chunks in (1, 2, 3, 2, 3):
        assert asyncio.run(read(chunks)) == chunks * rsgi.BODY_BYTES_FREE
    with pytest.raises(rsgi.NoRoomError):
        asyncio.run(read(4))
    assert asyncio.run(read(3))


def test_a_long_report_without_room_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsgi, "BODIES_BYTES_MAX", 0)
    app = rsgi.App()
    app._internal, app._room = None, rsgi.Room()
    app._routes = Routes(MemoryStore(KEYRING), KEYRING)

    class Sent:
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"a" * (rsgi.BODY_BYTES_FREE + 1)

    class Asked:
        method, path, query_string = "POST", "/transactions.xml", ""
        headers: ClassVar[dict[str, str]] = {}

    reply = asyncio.run(app._reply(cast("rsgi.Scope", Asked()), cast("rsgi.Http", Sent())))
    assert reply.status == 503
    assert ("retry-after", "1") in reply.headers


def test_a_body_of_somebody_without_credentials_is_not_waited_for(authority: Authority) -> None:
    head = "POST /internal/services/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", authority.port), timeout=10) as client:
        client.sendall(head.encode())
        assert client.recv(65_536).startswith(b"HTTP/1.1 401 ")


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
    with authority_running() as running:
        feed = "/gateway/v1/configurations?environment=staging"
        cursor = running.http.get(feed, headers=GATEWAY).json()["cursor"]
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as client:
            head = f"GET {feed}&after={cursor}&wait=25 HTTP/1.1\r\nHost: a"
            client.sendall(f"{head}\r\nAuthorization: Bearer all\r\n\r\n".encode())
            running.until(200, "/status")  # sent later, so the poll has been taken
            running.stop()
            answer = client.recv(65_536)
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
