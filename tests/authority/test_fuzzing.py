"""Whatever is sent, the authority answers below 500, in well-formed documents, and goes on.

The examples are the same in every run; with ``--soak`` there are many more, and others each time.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from authority.nonsense import EVERY, HUGE, MEGABYTES_4, Call, cut
from authority.published import well_formed
from authority.running import TOKEN, Authority, authority_running

pytestmark = pytest.mark.timeout(900)  # its long form takes minutes
PATIENCE_S = 10
TROUBLE = re.compile("Traceback|while answering|ERROR|CRITICAL|panicked")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Answer(Struct, frozen=True):
    status: int
    headers: str
    body: bytes


def send(authority: Authority, call: Call) -> Answer:
    """Send a request and read what comes back, until the server hangs up."""
    with socket.create_connection(("127.0.0.1", authority.port), timeout=PATIENCE_S) as client:
        with contextlib.suppress(ConnectionError):  # it may answer before it has read everything
            client.sendall(call.encoded())
        received = b""
        with contextlib.suppress(ConnectionError):
            while chunk := client.recv(65_536):
                received += chunk
    head, _, body = received.removeprefix(CONTINUE).partition(b"\r\n\r\n")
    first, _, headers = head.decode("latin-1").partition("\r\n")
    return Answer(int(first.split()[1]), headers.lower(), body)


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """Yield an authority that must be in good health after each test."""
    with authority_running() as running:
        yield running


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> settings:
    soak = request.config.getoption("--soak")
    return settings(
        max_examples=10_000 if soak else 200,
        derandomize=not soak,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def assert_sound(call: Call, answer: Answer) -> None:
    assert 200 <= answer.status < 500, answer
    if answer.body and "application/vnd.3scale" in answer.headers:
        well_formed(answer.body)
    if answer.body and "application/json" in answer.headers:
        json.loads(answer.body)
    assert (call.method == "HEAD") <= (answer.body == b"")


def assert_healthy(authority: Authority) -> None:
    authority.until(200, f"/transactions/authorize.xml?{TOKEN}&user_key=uk-open")
    assert authority.process.poll() is None
    assert not TROUBLE.findall(authority.log.read_text())


@pytest.mark.parametrize("calls", EVERY)
def test_any_call_is_answered(authority: Authority, examples: settings, calls: str) -> None:
    statuses: Counter[int] = Counter()

    @examples
    @given(EVERY[calls])
    def check(call: Call) -> None:
        answer = send(authority, call)
        statuses[answer.status] += 1
        assert_sound(call, answer)

    check()
    print(f"answers: {dict(statuses)}")  # noqa: T201
    assert_healthy(authority)


def test_any_bytes_leave_it_in_good_health(authority: Authority, examples: settings) -> None:
    @examples
    @given(st.binary(max_size=200) | cut)
    def check(request: bytes) -> None:
        with socket.create_connection(("127.0.0.1", authority.port), timeout=PATIENCE_S) as client:
            client.sendall(request)  # and hang up

    check()
    assert_healthy(authority)


@pytest.mark.parametrize("form", HUGE)
def test_a_huge_form_is_answered(authority: Authority, form: str) -> None:
    whole = Call("POST", f"/transactions.xml?{TOKEN}", body=HUGE[form]().encode())
    fields = whole.body.replace(b"&", b'\r\n--x\r\ncontent-disposition: a; name="')[:MEGABYTES_4]
    multipart = (("Content-Type", "multipart/form-data; boundary=x"),)
    for call in (whole, Call("POST", whole.target, multipart, fields)):
        assert_sound(call, send(authority, call))
    assert_healthy(authority)
