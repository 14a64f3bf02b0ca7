"""A gateway without a portal: it serves a file, and what is put into it, at once and everywhere."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import servers
from gateway.alone import Alone, bare
from gateway.issuer import Issuer
from gateway.stage import Authority, Upstream, eventually
from tollway import config
from tollway.gateway import managed
from tollway.gateway.addresses import Addresses
from tollway.gateway.admin import Admin, AwayError
from tollway.gateway.catalogue import Catalogue
from tollway.gateway.held import ConfigurationError, Held
from tollway.gateway.issuers import Issuers
from tollway.gateway.managed import Managed, Parts
from tollway.gateway.nginx import Nginx
from tollway.gateway.pushing import Pusher
from tollway.gateway.standalone import Standalone
from tollway.net import Guard

_numbers = count(1)
CALLS = 12  # on a connection each, so that both workers answer some


class Scene:
    """A gateway, its file, and whom it talks to."""

    def __init__(self, directory: Path) -> None:
        self.authority, self.upstream = Authority(), Upstream()
        self.key = "k"  # another one for each test: reports of the one before may still arrive
        self.file = directory / "config.json"
        self.write(bare(self.upstream.port))
        self.gateway = Alone(
            directory,
            *("--config", str(self.file), "--authority", self.authority.url),
            APICAST_WORKERS="2",
            APICAST_CONFIGURATION_CACHE="1",
            APICAST_RESPONSE_CODES="1",
            APICAST_REPORTING_THREADS="1",
        )

    def write(self, *services: object) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({"services": services}))
        draft.rename(self.file)

    def asked(self, least: int) -> list[str]:
        """Return what the authority was asked of this test's key, once that is so often or more."""

        def found() -> list[str]:
            asked = [target for target, _ in self.authority.asked]
            return [target for target in asked if f"user_key={self.key}&" in target]

        eventually(lambda: len(found()) >= least, f"{least} authreps")
        return found()

    @property
    def target(self) -> str:
        return f"/x?user_key={self.key}"

    def statuses(self, target: str = "") -> set[int]:
        target = target or self.target
        return {self.gateway.ask(target).status_code for _ in range(CALLS)}

    def close(self) -> None:
        self.gateway.close()
        self.upstream.close()
        self.authority.close()


@pytest.fixture(scope="session")
def started() -> Iterator[Scene]:
    with servers.short_directory() as directory:
        scene = Scene(directory)
        try:
            scene.gateway.wait()
            yield scene
        finally:
            scene.close()


@pytest.fixture
def alone(started: Scene) -> Scene:
    """Yield the gateway as it was started."""
    started.write(bare(started.upstream.port))
    assert started.gateway.manage("POST", "/boot").status_code == 200
    started.key = f"k{next(_numbers)}"
    return started


def test_each_call_is_reported_with_exactly_one_authrep(alone: Scene) -> None:
    assert alone.statuses() == {200}
    asked = alone.asked(CALLS)
    query = f"service_token=token-of-7&service_id=7&user_key={alone.key}&usage%5Bhits%5D=1"
    assert asked[0] == f"/transactions/authrep.xml?{query}"
    assert asked[1:] == [f"{asked[0]}&log%5Bcode%5D=200"] * (CALLS - 1)
    assert alone.statuses(alone.target + "&other=1") == {200}
    assert len(alone.asked(2 * CALLS)) == 2 * CALLS


def test_a_limit_is_enforced_one_call_late_and_a_refused_key_is_asked_about_each_time(
    alone: Scene,
) -> None:
    ask = alone.gateway.ask
    assert ask(alone.target).status_code == 200
    alone.authority.answers[alone.key] = (409, {"3scale-rejection-reason": "limits_exceeded"})
    assert ask(alone.target).status_code == 200
    alone.asked(2)
    eventually(lambda: ask(alone.target).status_code == 429, "the answer is known")
    assert alone.statuses() == {429}
    del alone.authority.answers[alone.key]
    assert alone.statuses() == {200}


def test_each_call_of_a_crowd_is_reported_once(alone: Scene) -> None:
    calls = 300
    with ThreadPoolExecutor(16) as crowd:
        answers = crowd.map(lambda _: alone.gateway.ask(alone.target).status_code, range(calls))
        assert set(answers) == {200}
    assert len(alone.asked(calls)) == calls


def test_another_usage_is_asked_about_first(alone: Scene) -> None:
    rule = {"http_method": "GET", "metric_system_name": "hits"}
    rules = [{**rule, "pattern": "/one", "delta": 1}, {**rule, "pattern": "/two", "delta": 2}]
    alone.gateway.put(bare(alone.upstream.port, proxy_rules=rules))
    alone.gateway.ask(f"/one?user_key={alone.key}")
    alone.gateway.ask(f"/two?user_key={alone.key}")
    assert [target.partition("usage")[2] for target in alone.asked(2)] == [
        "%5Bhits%5D=1", "%5Bhits%5D=2",
    ]  # fmt: skip


def test_who_was_admitted_passes_once_while_the_authority_is_away(alone: Scene) -> None:
    assert alone.gateway.ask(alone.target).status_code == 200
    alone.authority.down = True
    try:
        assert alone.gateway.ask(alone.target).status_code == 200
        eventually(lambda: alone.gateway.ask(alone.target).status_code == 503, "it is noticed")
        said = "a call was not reported; the authority: "
        eventually(lambda: said in alone.gateway.log.read_text(), "and written down")
    finally:
        alone.authority.down = False
    assert alone.statuses() == {200}


def test_a_resilient_gateway_goes_on_while_the_authority_is_away() -> None:
    authority, upstream = Authority(), Upstream()
    with servers.short_directory() as directory:
        gateway = Alone(
            directory, "--authority", authority.url, APICAST_BACKEND_CACHE_HANDLER="resilient"
        )
        try:
            eventually(gateway.answers, "management API answers")
            assert gateway.manage("GET", "/status/ready").status_code == 412
            gateway.put(bare(upstream.port))
            assert gateway.ask("/?user_key=k").status_code == 200
            authority.down = True
            assert {gateway.ask("/?user_key=k").status_code for _ in range(CALLS)} == {200}
            assert gateway.ask("/?user_key=unknown").status_code == 503
            authority.down, authority.answers["k"] = False, (403, {})
            eventually(lambda: gateway.ask("/?user_key=k").status_code == 403, "a key is refused")
        finally:
            gateway.close()
            upstream.close()
            authority.close()


def test_the_status_that_the_caller_got_is_reported(alone: Scene) -> None:
    alone.gateway.put(bare(alone.upstream.port, api_backend="http://127.0.0.1:1"))
    assert alone.statuses() == {502}
    assert alone.asked(CALLS)[-1].endswith("&log%5Bcode%5D=502")


def test_who_was_admitted_is_forgotten_with_a_new_configuration(alone: Scene) -> None:
    assert alone.gateway.ask(alone.target).status_code == 200
    alone.authority.answers[alone.key] = (403, {})
    alone.gateway.put(bare(alone.upstream.port))
    assert alone.gateway.ask(alone.target).status_code == 403


def test_what_is_refused_here_is_not_reported(alone: Scene) -> None:
    alone.gateway.put(bare(alone.upstream.port, proxy_rules=[]))
    assert alone.statuses() == {404}
    assert alone.statuses("/") == {401}
    assert alone.asked(0) == []


@pytest.mark.parametrize(
    ("target", "answer", "status", "text"),
    [
        ("/", {}, 401, "Authentication parameters missing"),
        ("/?user_key=", {}, 403, "Authentication failed"),
        (
            "/?user_key=",
            {"3scale-rejection-reason": "limits_exceeded", "3scale-limit-reset": "9"},
            429,
            "Limits exceeded",
        ),
    ],
)
def test_a_bare_document_gets_apicasts_answers(
    alone: Scene, target: str, answer: dict[str, str], status: int, text: str
) -> None:
    alone.authority.answers[alone.key] = (409, answer)
    got = alone.gateway.ask(target + alone.key)
    assert (got.status_code, got.text) == (status, text)
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers.get("retry-after") == answer.get("3scale-limit-reset")


def test_a_call_that_no_rule_of_a_bare_document_matches_is_a_404(alone: Scene) -> None:
    got = alone.gateway.ask(alone.target, method="POST")
    assert (got.status_code, got.text) == (404, "No Mapping Rule matched")
    unknown = alone.gateway.call("other.example", "/", on="production")
    assert (unknown.status_code, unknown.text) == (404, "")


def test_a_configuration_is_in_force_in_all_workers_when_the_answer_comes(alone: Scene) -> None:
    assert alone.gateway.manage("GET", "/status/info").json()["worker"]["count"] == 2
    rule = {"http_method": "GET", "metric_system_name": "hits", "delta": 1}
    for turn in range(6):
        pattern = ("/x", "/y")[turn % 2]
        alone.gateway.put(bare(alone.upstream.port, proxy_rules=[{**rule, "pattern": pattern}]))
        assert alone.statuses() == {(200, 404)[turn % 2]}


def test_a_new_upstream_with_tls_is_known_when_the_answer_comes(alone: Scene) -> None:
    """NGINX is reloaded for it. Nobody listens there: an upstream that it did not know is a 500."""
    alone.gateway.put(bare(alone.upstream.port, api_backend="https://127.0.0.1:1"))
    assert alone.statuses() == {502}


def test_what_is_served_can_be_read_replaced_and_taken_away(alone: Scene) -> None:
    manage = alone.gateway.manage
    document = bare(alone.upstream.port)
    assert manage("GET", "/config").json() == {"services": [document]}
    assert manage("GET", "/status/ready").json() == {"status": "ready", "success": True}

    taken = manage("DELETE", "/config")
    assert taken.json() == {"status": "ok", "config": None}
    assert alone.statuses() == {404}
    assert manage("GET", "/config").json() == {"services": []}
    unready = manage("GET", "/status/ready")
    assert (unready.status_code, unready.json()) == (
        412, {"status": "error", "error": "not configured", "success": False},
    )  # fmt: skip

    put = manage("POST", "/config", {"services": [document], "oidc": []})
    assert put.json() == {"status": "ok", "config": {"services": [document]}, "services": 1}
    assert put.headers["content-type"] == "application/json; charset=utf-8"
    assert alone.statuses() == {200}


@pytest.mark.parametrize("body", [{"services": []}, {}])
def test_a_configuration_without_services_is_in_force_and_said_to_be_none(
    alone: Scene, body: dict[str, Any]
) -> None:
    answer = alone.gateway.manage("PUT", "/config", body)
    assert (answer.status_code, answer.json()) == (
        406, {"status": "not_configured", "config": {"services": []}, "services": 0},
    )  # fmt: skip
    assert alone.statuses() == {404}
    warned = alone.gateway.manage("GET", "/status/ready").json()
    assert warned == {"status": "warning", "warning": "no services", "success": True}


def test_a_bad_configuration_is_refused_as_a_whole(alone: Scene) -> None:
    bad = {**bare(alone.upstream.port), "backend_version": "7"}
    answer = alone.gateway.manage("PUT", "/config", {"services": [{**bare(1), "id": 8}, bad]})
    assert answer.status_code == 400
    assert answer.json()["status"] == "error"
    assert answer.json()["error"].startswith("services[1].backend_version: ")
    assert alone.gateway.manage("PUT", "/config", content=b"{").status_code == 400
    assert alone.statuses() == {200}


def test_boot_and_hup_read_the_file_again(alone: Scene) -> None:
    alone.gateway.put(bare(alone.upstream.port, proxy_rules=[]))
    assert alone.gateway.manage("POST", "/boot").json()["status"] == "ok"
    assert alone.statuses() == {200}
    alone.gateway.put(bare(alone.upstream.port, proxy_rules=[]))
    alone.gateway.agent.send_signal(signal.SIGHUP)
    eventually(lambda: alone.gateway.ask(alone.target).status_code == 200, "file read again")


def test_a_file_that_changes_is_read_again_and_a_bad_one_is_reported(alone: Scene) -> None:
    alone.write(bare(alone.upstream.port, proxy_rules=[]))
    eventually(lambda: alone.gateway.ask(alone.target).status_code == 404, "new file in force")
    alone.file.write_text("{")
    said = f"what was configured stays: {alone.file}: this is not JSON"
    eventually(lambda: said in alone.gateway.log.read_text(), "bad file reported")
    assert alone.statuses() == {404}


def test_tokens_are_judged_again_under_a_new_configuration(alone: Scene) -> None:
    issuer = Issuer()
    try:
        document = bare(
            alone.upstream.port, authentication_method="oidc", oidc_issuer_endpoint=issuer.address
        )
        document["backend_version"] = "oauth"

        def judged() -> dict[str, int]:
            assert alone.gateway.ask(f"/?access_token={token}").status_code == 200
            counts = alone.gateway.admin("/metrics")
            return {name: counts.get(f"tokens:{name}", 0) for name in ("known", "verified")}

        token = issuer.token(azp="client")
        alone.gateway.put(document)
        first = judged()
        assert judged() == {**first, "known": first["known"] + 1}
        alone.gateway.put(document)
        assert judged()["verified"] == first["verified"] + 1
    finally:
        issuer.close()


def test_who_holds_the_service_token_sees_how_a_call_was_read(alone: Scene) -> None:
    got = alone.gateway.ask(alone.target, headers={"X-3scale-Debug": "token-of-7"})
    assert got.headers["x-3scale-matched-rules"] == "/"
    assert got.headers["x-3scale-usage"] == "usage%5Bhits%5D=1"


def test_the_rest_of_the_management_api(alone: Scene) -> None:
    manage = alone.gateway.manage
    assert manage("GET", "/status/live").json() == {"status": "live", "success": True}
    assert manage("GET", "/dns/cache").json()["127.0.0.1"] == ["127.0.0.1"]
    assert "apicast" in manage("GET", "/policies/").json()["policies"]
    assert "tollway_gateway_requests_total" in manage("GET", "/metrics").text
    unknown = manage("GET", "/nothing")
    assert (unknown.status_code, unknown.headers["content-type"]) == (
        404, "text/plain; charset=utf-8",
    )  # fmt: skip


def test_without_nginx_and_without_a_file_the_operator_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(managed, "IN_FORCE_S", 0.01)
    settings = config.load({"TOLLWAY_SECRET_KEY": "00" * 32})

    async def story() -> None:
        held, addresses = Held(), Addresses(Guard(), "", asyncio.Event())
        async with Admin(tmp_path / "nobody.sock") as admin:
            nginx = Nginx(settings, tmp_path, admin)
            pusher = Pusher(admin, nginx, Catalogue(addresses))
            parts = Parts(admin, pusher, addresses, Issuers(Guard()))
            gateway = Managed(Standalone("production", 1), held, parts)
            content = json.dumps({"services": [bare(1)]}).encode()
            with pytest.raises(AwayError, match="as soon as NGINX answers"):
                await gateway.configure(content)
            assert gateway.services == [bare(1)]
            with pytest.raises(AwayError):
                await gateway.ailment()
            with pytest.raises(ConfigurationError, match="no file"):
                await gateway.boot()

    asyncio.run(asyncio.wait_for(story(), servers.PATIENCE_S))


def test_a_variable_without_effect_is_named(alone: Scene) -> None:
    assert "APICAST_REPORTING_THREADS has no effect here" in alone.gateway.log.read_text()
