from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tollway
from authority.published import KEYRING, ask, publish, well_formed
from authority.xml_vectors import AT, STATE
from tollway.authority.routes import Routes
from tollway.authority.wire import Reply
from tollway.store.memory import MemoryStore

XML = "application/vnd.3scale-v2.0+xml"
EVERYWHERE = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Link, 3scale-rejection-reason",
    "x-content-type-options": "nosniff",
}
CSP = {"content-security-policy": "default-src 'self'"}
TOKEN = "service_token=tok&service_id=2"


@pytest.fixture(scope="module")
def routes() -> Routes:
    store = MemoryStore(KEYRING)
    publish(store, STATE)
    return Routes(store, KEYRING, lambda: AT)


def send(routes: Routes, line: str, body: str = "", **headers: str) -> Reply:
    return asyncio.run(ask(routes, line, body, **headers))


def test_status_tells_the_version(routes: Routes) -> None:
    reply = send(routes, "GET /status")
    assert json.loads(reply.body) == {"status": "ok", "version": {"backend": tollway.__version__}}
    assert ("content-type", "application/json") in reply.headers


@pytest.mark.parametrize("path", ["/transactions.xml", "/anything", "*"])
def test_a_pre_flight_is_answered_on_any_path(routes: Routes, path: str) -> None:
    reply = send(routes, f"OPTIONS {path}")
    assert (reply.status, reply.body) == (204, b"")
    assert dict(reply.headers) == {
        "content-type": XML,
        **EVERYWHERE,
        **CSP,
        "access-control-max-age": "86400",
        "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE",
        "access-control-allow-headers": "Authorization, Accept-Encoding, Content-Type, "
        "Cache-Control, Accept, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, "
        "X-Requested-With, X-HTTP-Method-Override, 3scale-options",
    }


@pytest.mark.parametrize(
    ("line", "status", "policy"),
    [
        (f"GET /transactions/authorize.xml?{TOKEN}&user_key=uk", 200, CSP),
        (f"GET /transactions/authrep.xml?{TOKEN}&user_key=uk-closed&usage[search]=1", 409, CSP),
        (f"GET /transactions/authorize.xml?{TOKEN}&user_key=uk&usage=1", 403, CSP),
        (f"GET /transactions/authorize.xml?{TOKEN}&user_key=no", 403, {}),
        (f"POST /transactions.xml?{TOKEN}&transactions[0][user_key]=uk", 202, CSP),
        (f"POST /transactions.xml?{TOKEN}", 400, {}),
    ],
)
def test_headers_of_answers(routes: Routes, line: str, status: int, policy: dict[str, str]) -> None:
    """A content security policy goes with everything but error documents."""
    reply = send(routes, line)
    assert reply.status == status
    assert dict(reply.headers) == {"content-type": XML, **EVERYWHERE, **policy}


@pytest.mark.parametrize("path", ["authorize", "authrep", "oauth_authorize", "oauth_authrep"])
def test_head_answers_as_get_does(routes: Routes, path: str) -> None:
    target = f"/transactions/{path}.xml?provider_key=pk-oauth&app_id=5"
    assert send(routes, f"HEAD {target}") == send(routes, f"GET {target}")


def test_head_on_authrep_counts() -> None:
    store = MemoryStore(KEYRING)
    publish(store, STATE)
    counting = Routes(store, KEYRING)
    send(counting, f"HEAD /transactions/authrep.xml?{TOKEN}&user_key=uk&usage[hits]=1")
    assert len(store.usage) == 1


@pytest.mark.parametrize("line", ["GET /transactions/authrep.xml", "POST /transactions.xml"])
def test_a_query_is_limited(routes: Routes, line: str) -> None:
    assert send(routes, f"{line}?x={'y' * 10_239}") == Reply(400, ())
    assert send(routes, f"{line}?x={'y' * 10_238}").body != b""


def test_a_form_is_limited(routes: Routes) -> None:
    line = f"POST /transactions.xml?{TOKEN}"
    assert b"exceeds limit (4194304)" in send(routes, line, "a" * 4_194_305).body
    assert b"parameters (5001) exceeds limit (4096)" in send(routes, line, "&" * 5000).body
    query = f"GET /transactions/authrep.xml?{'&' * 4096}"
    assert b"parameters (4097) exceeds limit (4096)" in send(routes, query).body


@pytest.mark.parametrize(
    "line",
    [
        f"GET /transactions/authrep.xml?{TOKEN}&user_key=uk&usage[hits]=1",
        "GET /transactions/authorize.xml?provider_key=pk&app_id=5",
        f"POST /transactions.xml?{TOKEN}&transactions[0][user_key]=uk",
        "GET /gateway/v1/configurations?environment=staging",
    ],
)
def test_a_store_that_is_away_or_empty_is_never_the_clients_fault(line: str) -> None:
    empty = Routes(MemoryStore(KEYRING, position=0), KEYRING)
    reply = send(empty, line, authorization="Bearer token")
    assert reply.status == 503
    assert ("retry-after", "1") in reply.headers
    well_formed(reply.body)


WORDS = """
    provider_key service_token service_id app_id app_key user_key user_id referrer usage log
    redirect_url no_body transactions timestamp hits search pk tok uk 5 2 0 # [ ] [] [0] & = %
    %00 %ff %3C %22 + * 1 -1 9007199254740993 99999999999999999999
"""
words = st.sampled_from(WORDS.split())
queries = st.lists(words, max_size=25).map("".join)
lines = st.sampled_from(
    [
        "GET /transactions/authorize.xml",
        "GET /transactions/authrep.xml",
        "GET /transactions/oauth_authorize.xml",
        "POST /transactions.xml",
    ]
)
logins = st.sampled_from(
    ["", f"{TOKEN}&user_key=uk&", "provider_key=pk&app_id=5&", "provider_key=pk-oauth&app_id=5&"]
)
options = st.lists(
    st.sampled_from(["hierarchy", "list_app_keys", "limit_headers", "flat_usage", "no_body=%"])
).map(lambda names: "".join(f"{name}=1&" for name in names))


@settings(max_examples=300)
@given(lines, logins, queries, queries, options)
def test_nonsense_gets_a_clear_answer_in_well_formed_xml(
    line: str, login: str, query: str, body: str, extensions: str
) -> None:
    store = MemoryStore(KEYRING)
    publish(store, STATE)
    routes = Routes(store, KEYRING, lambda: AT)
    reply = send(routes, f"{line}?{login}{query}", body, **{"3scale_options": extensions})
    assert reply.status in {200, 202, 400, 403, 404, 409, 422}
    if reply.body:
        well_formed(reply.body)
