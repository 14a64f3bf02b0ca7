"""One call through a real NGINX: who is let in, what is asked, what callers are told."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from acceptance.load import statuses
from gateway.conftest import Scene
from gateway.stage import Authority, Gateway, Upstream

ASCII = "text/plain; charset=us-ascii"
LIMITED = {"3scale-rejection-reason": "limits_exceeded", "3scale-limit-max-value": "3"}


def told(answer: Any) -> tuple[int, str, str | None]:
    return answer.status_code, answer.text, answer.headers.get("content-type")


def test_an_unknown_host_is_not_found_and_the_answer_is_empty(
    staged: tuple[Authority, Upstream, Gateway],
) -> None:
    assert told(staged[2].call("nobody.localhost", "/")) == (404, "", "text/plain")


def test_host_is_matched_without_port_and_case(scene: Scene) -> None:
    scene.serve()
    gateway = scene.gateway
    for host in (scene.host.upper(), f"{scene.host}:8080"):
        assert gateway.call(host, f"/?user_key={scene.key}").status_code == 200


def test_environments_are_kept_apart(scene: Scene) -> None:
    scene.serve()
    assert scene.call("/", on="production").status_code == 404


def test_missing_credentials_win_over_an_unmapped_path_and_nobody_is_asked(scene: Scene) -> None:
    rule = {"http_method": "GET", "pattern": "/v1", "metric_system_name": "hits", "delta": 1}
    scene.serve(proxy_rules=[rule])
    assert told(scene.call("/other")) == (403, "Authentication parameters missing", ASCII)
    assert told(scene.call("/other?user_key=k")) == (404, "No Mapping Rule matched", ASCII)
    assert scene.asked() == []


@pytest.mark.parametrize(
    ("answer", "told_to_caller"),
    [
        ((403, {}), (403, "Authentication failed", ASCII)),
        ((404, {}), (403, "Authentication failed", ASCII)),
        ((409, {"3scale-rejection-reason": "x"}), (403, "Authentication failed", ASCII)),
        ((409, LIMITED), (429, "Usage limit exceeded", ASCII)),
        ((409, {**LIMITED, "3scale-limit-max-value": "0"}), (403, "Authentication failed", ASCII)),
    ],
)
def test_refusals(
    scene: Scene, answer: tuple[int, dict[str, str]], told_to_caller: tuple[int, str, str]
) -> None:
    scene.serve()
    scene.authority.answers[scene.key] = answer
    before = len(scene.upstream.got)
    assert told(scene.call(f"/?user_key={scene.key}")) == told_to_caller
    assert len(scene.upstream.got) == before


def test_over_the_limit_says_when_to_come_back(scene: Scene) -> None:
    scene.serve()
    scene.authority.answers[scene.key] = (409, {**LIMITED, "3scale-limit-reset": "17"})
    assert scene.call(f"/?user_key={scene.key}").headers["retry-after"] == "17"


@pytest.mark.parametrize("status", [499, 500, 503, 302])
def test_an_authority_that_cannot_say_is_our_fault_and_not_the_callers(
    scene: Scene, status: int
) -> None:
    scene.serve()
    scene.authority.answers[scene.key] = (status, {})
    answer = scene.call(f"/?user_key={scene.key}")
    assert told(answer) == (503, "The gateway cannot check this call right now", ASCII)
    assert int(answer.headers["retry-after"]) > 0


def test_error_answers_are_the_products_own(scene: Scene) -> None:
    scene.serve(
        error_status_auth_missing=418,
        error_auth_missing='{"error":"no key"}',
        error_headers_auth_missing="application/json",
    )
    assert told(scene.call("/")) == (418, '{"error":"no key"}', "application/json")


def test_an_answer_without_content_has_no_length(scene: Scene) -> None:
    answer = scene.serve(error_status_auth_missing=204).call("/")
    assert (answer.status_code, answer.text) == (204, "")
    assert not answer.headers.keys() & {"content-length", "transfer-encoding"}


def test_what_the_authority_is_asked(scene: Scene) -> None:
    rules = [
        {"http_method": "GET", "pattern": "/v1", "metric_system_name": "v1.7", "delta": 2},
        {"http_method": "GET", "pattern": "/", "metric_system_name": "hits", "delta": 1},
    ]
    scene.serve(proxy_rules=rules)
    scene.call("/v1/a?user_key=a%2Fb%26c&other=1")
    target, headers = scene.authority.asked[-1]
    assert urlsplit(target).path == "/transactions/authrep.xml"
    assert parse_qs(urlsplit(target).query) == {
        "service_token": [f"token-of-{scene.id}"],
        "service_id": [scene.id],
        "user_key": ["a/b&c"],
        "usage[hits]": ["1"],
        "usage[v1.7]": ["2"],
    }
    assert headers["Host"] == f"127.0.0.1:{scene.authority.port}"
    assert headers["User-Agent"].startswith("Tollway-Gateway/")
    assert headers["3scale-options"] == (
        "rejection_reason_header=1&limit_headers=1&no_body=1&explain=1"
    )


def test_each_call_asks_once(scene: Scene) -> None:
    scene.serve()
    for _ in range(3):
        scene.call(f"/?user_key={scene.key}")
    assert len(scene.asked()) == 3


@pytest.mark.parametrize("header", ["app-id", "app_id", "App_Id"])
def test_credentials_in_headers_may_be_spelt_with_underscores(scene: Scene, header: str) -> None:
    document = {**scene.document(credentials_location="headers"), "backend_version": "2"}
    scene.serve(document)
    scene.call("/", headers={header: "app", "app_key": "k"})
    assert {"app_id": ["app"], "app_key": ["k"]}.items() <= parse_qs(
        urlsplit(scene.asked()[-1]).query
    ).items()


def test_credentials_and_conditions_in_a_form(scene: Scene) -> None:
    rule = {
        "http_method": "POST", "pattern": "/", "metric_system_name": "writes", "delta": 1,
        "querystring_parameters": {"kind": "note"},
    }  # fmt: skip
    scene.serve(proxy_rules=[rule])
    form = {"user_key": "k+1", "kind": "note"}
    assert scene.call("/", method="POST", data=form).status_code == 200
    assert scene.upstream.last[2] == b"user_key=k%2B1&kind=note"
    assert "user_key=k%2B1&usage%5Bwrites%5D=1" in scene.asked()[-1]
    assert scene.call("/", method="POST", data={**form, "kind": "x"}).status_code == 404


def test_a_refused_body_is_not_taken_for_the_next_request(scene: Scene) -> None:
    scene.serve()
    hidden = f"GET /?user_key={scene.key} HTTP/1.1\r\nHost: {scene.host}\r\n\r\n".encode()
    head = f"POST / HTTP/1.1\r\nHost: {scene.host}\r\nContent-Length: {len(hidden)}\r\n\r\n"
    port = scene.gateway.ports["staging"]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + hidden)
        connection.sendall(
            f"GET / HTTP/1.1\r\nHost: {scene.host}\r\nConnection: close\r\n\r\n".encode()
        )
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 ") == answers.count(b"HTTP/1.1 403") == 2
    assert scene.asked() == []


def test_debug_headers_are_for_those_who_know_the_token(scene: Scene) -> None:
    scene.serve()
    target = f"/x?user_key={scene.key}"

    def shown(value: str) -> dict[str, str]:
        headers = scene.call(target, headers={"X-3scale-Debug": value}).headers
        return {name: v for name, v in headers.items() if name.startswith("x-3scale-")}

    found = shown(f"token-of-{scene.id}")
    assert found.pop("x-3scale-hostname")
    assert found == {
        "x-3scale-matched-rules": "/",
        "x-3scale-credentials": f"user_key={scene.key}",
        "x-3scale-usage": "usage%5Bhits%5D=1",
        "x-3scale-service-id": scene.id,
        "x-3scale-service-name": f"service_{scene.id}",
    }
    for wrong in ("", "x", f"token-of-{scene.id}0", f"token-of-{scene.id}"[:-1]):
        assert shown(wrong) == {}
    assert "x-3scale-debug" not in scene.upstream.last[1]

    scene.authority.answers[scene.key] = (403, {})
    assert "x-3scale-usage" in shown(f"token-of-{scene.id}")


def test_whoever_knows_the_token_is_told_the_configuration_by_a_call_that_counts_nothing(
    scene: Scene,
) -> None:
    scene.serve()

    def told(value: str) -> str | None:
        answer = scene.call("/x", headers={"X-3scale-Debug": value})
        assert answer.status_code == 403
        configuration: str | None = answer.headers.get("x-tollway-configuration")
        return configuration

    first = told(f"token-of-{scene.id}")
    assert told("guessed") is None
    scene.serve(secret_token="another")
    assert told(f"token-of-{scene.id}") not in {None, first}
    assert scene.asked() == []


def test_a_product_without_upstream_is_found_out_after_the_call_was_counted(scene: Scene) -> None:
    scene.serve(api_backend=None)
    assert told(scene.call(f"/?user_key={scene.key}")) == (404, "", "text/plain")
    assert len(scene.asked()) == 1


def test_sixty_four_clients_on_kept_alive_connections_lose_nothing(scene: Scene) -> None:
    scene.serve()
    url = f"http://{scene.host}:{scene.gateway.ports['staging']}/?user_key={scene.key}"
    assert statuses(url, clients=64, calls=2000) == {200: 2000}
    assert len(scene.asked()) == 2000
