"""Who may come in, and that whatever comes in gets a clear answer in JSON."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import servers
from authority.internal.provisioning import PASSWORD, USER, Api, api_running
from authority.published import KEYRING
from authority.running import Authority
from tollway.authority.internal.answers import RefusedError
from tollway.authority.internal.door import Access, Internal, reply
from tollway.authority.params import FORM_BYTES_MAX
from tollway.store import StoreUnavailableError
from tollway.store.memory import MemoryStore
from tollway.store.snapshot import Source
from tollway.store.usage import UsageStreams


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic ====",
        basic(":"),
        basic(USER),
        basic(f"{USER}:"),
        basic(f"{USER}:{PASSWORD} "),
        basic(f"{USER.upper()}:{PASSWORD}"),
        basic(f"{USER}:{PASSWORD}").replace("Basic", "Bearer"),
    ],
)
@pytest.mark.parametrize("line", ["GET /check.json", "DELETE /events/", "GET /nowhere"])
def test_nobody_comes_in_without_the_credentials(api: Api, authorization: str, line: str) -> None:
    method, _, path = line.partition(" ")
    answer = httpx.request(
        method, f"{api.authority.url}/internal{path}", headers={"authorization": authorization}
    )
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == 'Basic realm=""'


def test_the_scheme_may_be_written_in_any_case(api: Api) -> None:
    headers = {"authorization": basic(f"{USER}:{PASSWORD}").replace("Basic", "bAsIc")}
    assert httpx.get(f"{api.authority.url}/internal/check.json", headers=headers).is_success


def test_it_says_that_it_is_there(api: Api) -> None:
    assert api("GET /check.json") == {"status": "ok"}
    assert api("GET /status")["status"] == "ok"
    head = api.http.head("/check.json")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "line",
    [
        "GET /",
        "GET /nowhere",
        "PATCH /services/1",
        "POST /check.json",
        "GET /services/1/applications/",
        "GET /services/1/stats",
        "DELETE /events/abc",
        "GET /services//",
        "GET /services/a%2Fb",
    ],
)
def test_what_is_not_there_is_not_found(api: Api, line: str) -> None:
    assert api(line, status=404) == {"status": "not_found", "error": "Not found"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"{", "the body must be JSON"),
        (b"\xff\xfe", "the body must be JSON"),
        (b"[]", "the body must be a JSON object"),
        (b'"x"', "the body must be a JSON object"),
        (b"{}", "service: must be an object"),
        (b"[" * 100_000, "the body must be JSON"),
        (b'{"service":{"id":"\\ud800"}}', "the body must be JSON"),
        (b" " * (FORM_BYTES_MAX + 1), f"the body must not be longer than {FORM_BYTES_MAX} bytes"),
    ],
    ids=["cut", "bytes", "list", "text", "empty", "deep", "half a character", "long"],
)
def test_a_body_that_cannot_be_read_is_refused(api: Api, content: bytes, error: str) -> None:
    answer = api.http.post("/services/", content=content)
    assert (answer.status_code, answer.json()) == (400, {"status": "bad_request", "error": error})


@pytest.mark.parametrize("name", ["%FF", "%20", "x" * 1400, f"{'x' * 256}/applications/app"])
def test_a_path_that_names_nothing_is_refused(api: Api, name: str) -> None:
    error = api(f"GET /services/{name}", status=400)["error"]
    assert error == "the path has a part that is blank, too long or not UTF-8"


def test_there_is_none_unless_credentials_are_set() -> None:
    with servers.short_directory() as directory:
        store = servers.Server("unused", directory=directory / "valkey")
        running = Authority(directory, store, TOLLWAY_INTERNAL_PASSWORD="")
        try:
            running.until(200, "/status")
            answer = running.http.get("/internal/check.json", auth=(USER, PASSWORD))
            assert (answer.status_code, answer.content) == (404, b"")
        finally:
            running.stop()


def test_a_store_that_is_away_is_said_to_be_and_used_again() -> None:
    with api_running() as api:
        api.service()
        api.authority.store.kill()
        answer = api.http.get("/services/1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["status"] == "unavailable"
        api.authority.store.start()
        servers.wait_until(lambda: api.http.get("/services/1").status_code == 404, "it is used")


def test_a_store_that_takes_no_writes_is_said_to_be_away(api: Api) -> None:
    """Its disk may be full; the words are others than valkey-py has classes for."""
    service = api.service()
    client = servers.client_of(api.url)
    line, body = f"POST /services/{service}/metrics/1", {"metric": {"name": "more"}}
    client.config_set("min-replicas-to-write", 1)
    try:
        assert api(line, body, 503)["status"] == "unavailable"
        assert api(f"GET /services/{service}")["status"] == "found"
        usage = UsageStreams.connect(api.url, Source.INTERNAL)
        with contextlib.closing(usage), pytest.raises(StoreUnavailableError):
            usage.trim({1: "1-1"})
    finally:
        client.config_set("min-replicas-to-write", 0)
    api(line, body, 201)


def test_an_authority_that_stands_alone_knows_what_it_has_been_told() -> None:
    with api_running() as api:
        nobody = {"service_token": "token", "service_id": "1", "user_key": "x"}
        path = "/transactions/authrep.xml"
        assert api.authority.http.get(path, params=nobody).status_code == 503  # nothing is known
        api.service()
        assert api.authority.http.get(path, params=nobody).status_code == 403


def test_a_body_that_breaks_off_is_told_so() -> None:
    door = Internal("unix:///nowhere", KEYRING, Access(USER, PASSWORD), MemoryStore(KEYRING))  # type: ignore[arg-type]
    answer = door.cut_short()
    assert (answer.status, json.loads(answer.body)["status"]) == (400, "bad_request")
    assert reply(RefusedError(503, "x").answer).headers[-1] == ("retry-after", "1")


PARTS = """
    services service_tokens applications metrics plans usagelimits alert_limits events errors stats
    key keys referrer_filters utilization batch change_provider_key day 7001 1 0 -1 app .. é {s01} #
"""
MEMBERS = """
    service service_tokens application applications application_key referrer_filter metric
    usagelimit alert_limit upto_id new_key
"""
paths = st.lists(st.sampled_from([*PARTS.split(), "a b", "\0", ""]), max_size=7).map("/".join)
values = st.recursive(
    st.sampled_from([None, True, 0, -1, 2**64, 1.5, "", " ", "x", "1", "\x00", "\U0010ffff"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "state", "name", "value", "7001", "x"]), inner)
    ),
    max_leaves=4,
)
bodies = st.dictionaries(st.sampled_from(MEMBERS.split()), values, max_size=2)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]), paths, bodies, st.text())
def test_nonsense_is_never_a_fault_of_ours(
    api: Api, method: str, path: str, body: dict[str, Any], query: str
) -> None:
    answer = api.http.request(
        method,
        f"/{quote(path)}",
        content=json.dumps(body).encode(),
        params={"page": query, "per_page": query},
    )
    log = api.authority.log.read_text()[-2000:] if answer.status_code >= 500 else ""
    assert answer.status_code in {200, 201, 400, 404, 405, 409, 422}, log
    if answer.content:
        assert answer.json()["status"]
