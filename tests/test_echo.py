"""The Echo API says what it was asked, whatever that was."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from tollway import echo

PATIENCE_S = 10


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve it as the gateway's process does: inside an event loop that does other things too."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    serving = loop.create_task(echo.serve("127.0.0.1", port))

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(asyncio.wait({serving}))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport) as client:
        client.get(f"http://127.0.0.1:{port}/")
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(serving.cancel)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert serving.cancelled()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_any_method_and_path(url: str, method: str) -> None:
    answer = httpx.request(method, f"{url}/v1/fast/track?x=1&y=a%2Fb+c&x=2&e=")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert list(said) == ["method", "path", "args", "body", "headers", "uuid"]
    assert said["method"] == method
    assert said["path"] == "/v1/fast/track"
    assert said["args"] == {"x": ["1", "2"], "y": "a/b c", "e": ""}
    assert said["body"] == ""


def test_headers_have_cgi_names_and_repeated_ones_are_joined(url: str) -> None:
    headers = [("X-Real-IP", "1.2.3.4"), ("X-A", "1"), ("X-A", "2")]
    said = httpx.get(url, headers=headers).json()["headers"]
    assert said["HTTP_VERSION"] == "HTTP/1.1"
    assert said["HTTP_HOST"] == url.removeprefix("http://")
    assert said["HTTP_X_REAL_IP"] == "1.2.3.4"
    assert said["HTTP_X_A"] == "1, 2"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_read_but_only_its_beginning_is_shown(url: str, chunked: bool) -> None:  # noqa: FBT001
    size = echo.BODY_BYTES_MAX + 100_000
    content = iter([b"x" * size]) if chunked else b"x" * size
    assert len(httpx.post(url, content=content).json()["body"]) == echo.BODY_BYTES_MAX


def test_a_body_that_is_not_text_is_shown_as_well_as_can_be(url: str) -> None:
    assert httpx.post(url, content=b"a\xffb").json()["body"] == "a\ufffdb"


def test_no_two_answers_have_the_same_id(url: str) -> None:
    with httpx.Client() as client:
        ids = {json.loads(client.get(url).content)["uuid"] for _ in range(20)}
    assert len(ids) == 20
