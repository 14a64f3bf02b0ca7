"""The agent and its NGINX as processes: configuration without reloads, absences, restarts, ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

import servers
from gateway.conftest import Scene
from gateway.stage import PATIENCE_S, Authority, Gateway, Upstream, eventually, service, stage
from tollway import config
from tollway.gateway import agent

Staged = tuple[Authority, Upstream, Gateway]


@pytest.fixture
def own() -> Iterator[Staged]:
    """Yield a gateway that the test may end as it likes."""
    with servers.short_directory() as directory, stage(directory) as on_stage:
        yield on_stage


def serve(own: Staged, service_id: str = "1") -> None:
    authority, upstream, gateway = own
    authority.serve(service(service_id, f"http://api.localhost:{upstream.port}"))
    eventually(lambda: status(gateway, service_id) == 200, f"product {service_id} served")


def status(gateway: Gateway, service_id: str = "1", target: str = "/?user_key=k") -> int:
    """Return the status of a call, 0 while nobody answers."""
    with suppress(httpx.TransportError):
        return gateway.call(f"s{service_id}.localhost", target).status_code
    return 0


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_configuration_is_followed_without_a_reload(scene: Scene) -> None:
    before = scene.gateway.admin("/status")
    rule = {"http_method": "GET", "metric_system_name": "hits", "delta": 1}
    scene.serve(proxy_rules=[{**rule, "pattern": "/old"}])
    target = f"?user_key={scene.key}"
    assert scene.call(f"/old{target}").status_code == 200
    scene.serve(proxy_rules=[{**rule, "pattern": "/new"}])
    assert scene.call(f"/old{target}").status_code == 404
    assert scene.call(f"/new{target}").status_code == 200

    scene.authority.remove(scene.id)
    eventually(lambda: scene.call("/").headers["content-type"] == "text/plain", "product removed")
    assert scene.version() is None
    assert scene.gateway.admin("/status") == before


def test_a_document_that_makes_no_sense_leaves_the_one_before_in_force(scene: Scene) -> None:
    scene.serve()
    bad = {**scene.document(), "backend_version": "7"}
    scene.authority.serve(bad)
    said = f"service {scene.id} (staging) kept as it was: backend_version"
    eventually(lambda: said in scene.gateway.log.read_text(), "bad document reported")
    assert scene.call(f"/?user_key={scene.key}").status_code == 200


def test_the_older_product_keeps_a_host_that_two_claim(scene: Scene) -> None:
    scene.serve()
    younger = str(int(scene.id) + 100_000)
    document = service(younger, scene.backend, hosts=[scene.host], error_auth_missing="younger")
    scene.authority.serve(document)
    eventually(lambda: younger in scene.gateway.admin("/documents")["staging"], "younger pushed")
    assert scene.call("/").text == "Authentication parameters missing"
    scene.authority.remove(scene.id)
    eventually(lambda: scene.call("/").text == "younger", "host handed over")


def test_while_the_authority_is_away_calls_are_told_to_come_back(own: Staged) -> None:
    authority, upstream, gateway = own
    serve(own)
    authority.close()
    answer = gateway.call("s1.localhost", "/?user_key=k")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert status(gateway, target="/") == 403  # what needs no authority goes on
    assert gateway.healthy()

    back = Authority(authority.port)
    try:
        back.serve(service("1", f"http://api.localhost:{upstream.port}"))
        back.serve(service("2", f"http://api.localhost:{upstream.port}"))
        eventually(lambda: status(gateway) == 200, "calls pass again")
        eventually(lambda: status(gateway, "2") == 200, "configuration is followed again")
    finally:
        back.close()


def test_before_the_first_configuration_an_unknown_host_is_not_a_404() -> None:
    with servers.short_directory() as directory:
        gateway = Gateway(directory, "http://127.0.0.1:1")
        try:
            eventually((directory / "gateway/nginx.pid").exists, "NGINX runs")
            eventually(lambda: len(gateway.nginx_pids()) > 1, "workers run")
            assert status(gateway) == 503
            assert not gateway.healthy()
        finally:
            gateway.close()


def test_an_agent_that_begins_again_adopts_its_nginx(own: Staged) -> None:
    gateway = own[2]
    serve(own)
    before = gateway.admin("/status")
    gateway.agent.send_signal(signal.SIGHUP)
    eventually(lambda: "adopted NGINX" in gateway.log.read_text(), "NGINX adopted")
    assert status(gateway) == 200
    serve(own, "2")
    assert gateway.admin("/status") == before
    assert alive(gateway.agent.pid)


def test_products_removed_while_the_agent_began_again_vanish(own: Staged) -> None:
    authority, _, gateway = own
    serve(own)
    gateway.agent.send_signal(signal.SIGHUP)
    authority.remove("1")
    eventually(lambda: status(gateway) == 404, "product removed")


def test_a_killed_agent_leaves_no_nginx_behind(own: Staged) -> None:
    gateway = own[2]
    pids = gateway.nginx_pids()
    assert len(pids) > 1
    gateway.agent.kill()
    gateway.agent.wait(PATIENCE_S)
    eventually(lambda: not any(map(alive, pids)), "NGINX ended")
    gateway.start()
    gateway.wait()
    serve(own)


def test_workers_whose_master_was_killed_are_replaced(own: Staged) -> None:
    gateway = own[2]
    serve(own)
    before = gateway.admin("/status")
    os.kill(before["master"], signal.SIGKILL)
    eventually(lambda: not any(map(alive, before["workers"])), "orphans ended")

    eventually(lambda: status(gateway) == 200, "NGINX started and products pushed again")
    assert gateway.admin("/status")["incarnation"] != before["incarnation"]


def test_an_agent_that_is_asked_to_stop_ends_nginx_too(own: Staged) -> None:
    gateway = own[2]
    pids = gateway.nginx_pids()
    gateway.agent.terminate()
    assert gateway.agent.wait(PATIENCE_S) == 0
    assert not any(map(alive, pids))


def test_no_key_and_no_token_is_written_to_a_log(own: Staged) -> None:
    authority, upstream, gateway = own
    serve(own)
    authority.serve(service("2", "http://down.localhost:1"))  # makes NGINX complain
    eventually(lambda: status(gateway, "2") == 502, "upstream is away")
    for target in ("/?user_key=S3CR3T", '/x?a="b&user_key=S3CR3T"', "/?USER_KEY=S3CR3T"):
        for product in ("1", "2"):
            gateway.call(f"s{product}.localhost", target, headers={"Referer": f"http://x{target}"})
    upstream.answer = lambda _: b"HTTP/1.1 200 OK\r\nBroken S3CR3T\r\n\r\n"
    gateway.call("s1.localhost", "/?user_key=S3CR3T")
    authority.down = True
    gateway.call("s1.localhost", "/?user_key=S3CR3T")

    errors = "upstream sent invalid header", "the authority: ", "connect() failed"
    eventually(lambda: all(e in gateway.log.read_text() for e in errors), "errors logged")
    access = gateway.data_dir / "gateway/access.log"
    eventually(lambda: '"GET /x HTTP/1.1" 502' in access.read_text(), "calls logged")
    for log in (gateway.log, access):
        text = log.read_text()
        for secret in ("S3CR3T", "user_key", "token-of-", "secret-of-", "a-gateway-token"):
            assert secret not in text, (log, secret)


def test_metrics_count_calls_and_questions(own: Staged) -> None:
    authority, _, gateway = own
    serve(own)
    authority.answers["no"] = (403, {})
    assert status(gateway, target="/?user_key=no") == 403
    text = gateway.metrics()
    assert 'tollway_gateway_requests_total{environment="staging",status="403"} 1' in text
    assert 'tollway_gateway_authority_calls_total{outcome="authorised"} 1' in text
    assert 'tollway_gateway_authority_calls_total{outcome="denied"} 1' in text
    assert 'tollway_gateway_services{environment="staging"} 1' in text
    assert "tollway_gateway_refused_documents 0" in text


def test_the_quick_starts_upstream_is_answered_by_our_echo_api() -> None:
    upstream = Upstream()
    alias = f"127.0.0.1:{upstream.port}"
    with (
        servers.short_directory() as directory,
        stage(directory, TOLLWAY_ECHO_ALIAS=alias) as (authority, _, gateway),
    ):
        authority.serve(service("1", "https://echo-api.3scale.net:443"))
        eventually(lambda: status(gateway) == 200, "alias served")
        assert upstream.last[1]["host"] == "echo-api.3scale.net"
    upstream.close()


def test_without_nginx_the_agent_says_so() -> None:
    with servers.short_directory() as directory:
        gateway = Gateway(directory, "http://127.0.0.1:1", TOLLWAY_NGINX="no-such-nginx")
        assert gateway.agent.wait(PATIENCE_S) != 0
        assert "there is no program no-such-nginx" in gateway.log.read_text()
        gateway.close()


def test_our_own_ports_are_no_upstreams_but_the_echo_api_is() -> None:
    settings = config.load({"TOLLWAY_SECRET_KEY": "00" * 32})
    guard = agent.guard_of(settings)
    assert settings.ports.portal in guard.own_ports
    assert settings.ports.echo not in guard.own_ports
