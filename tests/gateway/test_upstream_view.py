"""What the upstream sees of a call, byte for byte where it matters, and what comes back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from gateway.conftest import Scene
from gateway.stage import Upstream, free_port


def test_host_address_and_secret_token_are_set_and_nothing_is_forwarded(scene: Scene) -> None:
    line, headers, body = scene.serve().pass_through("/x?a=1")
    assert line == f"GET /x?a=1&user_key={scene.key} HTTP/1.1"
    assert headers["host"] == f"api-{scene.id}.localhost:{scene.upstream.port}"
    assert headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-3scale-proxy-secret-token"] == f"secret-of-{scene.id}"
    added = {"host", "x-real-ip", "x-3scale-proxy-secret-token"}
    sent = {"accept", "accept-encoding", "user-agent"}
    assert headers.keys() == added | sent
    assert body == b""


def test_what_the_caller_says_about_itself_passes_unless_it_is_ours_to_say(scene: Scene) -> None:
    sent = {
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "a.example",
        "X_Odd": "odd",
        "Authorization": "Bearer t",
        "X-Real-IP": "1.2.3.4",
        "X_Real_IP": "1.2.3.4",
        "X-Real_IP": "1.2.3.4",
        "X_Real-IP": "1.2.3.4",
        "X-3scale-Proxy-Secret-Token": "guessed",
        "X-3scale-Debug": "guessed",
        "Connection": "close",
    }
    _, headers, _ = scene.serve().pass_through("/", headers=sent)
    assert headers["x-forwarded-for"] == "1.2.3.4"
    assert headers["x-forwarded-host"] == "a.example"
    assert headers["x_odd"] == "odd"
    assert headers["authorization"] == "Bearer t"
    assert headers["x-real-ip"] == "127.0.0.1"
    assert not headers.keys() & {"x_real_ip", "x-real_ip", "x_real-ip"}
    assert headers["x-3scale-proxy-secret-token"] == f"secret-of-{scene.id}"
    assert not headers.keys() & {"x-3scale-debug", "connection"}


def test_without_a_secret_token_the_callers_is_removed(scene: Scene) -> None:
    _, headers, _ = scene.serve(secret_token="").pass_through(
        "/", headers={"X-3scale-Proxy-Secret-Token": "guessed"}
    )
    assert "x-3scale-proxy-secret-token" not in headers


def test_the_host_may_be_rewritten(scene: Scene) -> None:
    _, headers, _ = scene.serve(hostname_rewrite="v.example").pass_through("/")
    assert headers["host"] == "v.example"


@pytest.mark.parametrize(
    "path",
    ["/a%2Fb", "/a//b", "/.a", "/%61", "/a+b%20c", "/%C3%A4", "/a;b=1,2", "/a|b", "/?x=%zz"],
)
def test_without_a_base_path_the_target_passes_byte_for_byte(scene: Scene, path: str) -> None:
    line, _, _ = scene.serve().pass_through(path)
    glue = "&" if "?" in path else "?"
    sent = f"{path}{glue}user_key={scene.key}".encode()
    assert line.encode("latin-1") == b"GET " + sent + b" HTTP/1.1"


@pytest.mark.parametrize("step", ["..", "%2e%2E", ".%2e"])
@pytest.mark.parametrize("slash", ["/", "%2f"])
def test_an_upstream_is_asked_for_the_path_that_was_matched(
    scene: Scene, step: str, slash: str
) -> None:
    rule = {"http_method": "GET", "pattern": "/open", "metric_system_name": "hits", "delta": 1}
    scene.serve(proxy_rules=[rule])
    line, _, _ = scene.pass_through(f"/closed{slash}{step}{slash}open")
    assert line == f"GET /open?user_key={scene.key} HTTP/1.1"
    assert scene.call(f"/open{slash}{step}{slash}closed?user_key={scene.key}").status_code == 404


@pytest.mark.parametrize("path", ["/open/..;/closed", "/open/..%5Cclosed", "/open/..\\closed"])
def test_a_path_that_some_servers_resolve_further_is_matched_by_no_rule(
    scene: Scene, path: str
) -> None:
    scene.serve()
    answer = scene.call(f"{path}?user_key={scene.key}")
    assert (answer.status_code, answer.text) == (404, "No Mapping Rule matched")
    assert scene.asked() == []


def test_no_tunnel_is_offered(scene: Scene) -> None:
    sent = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMA"}
    _, headers, _ = scene.serve().pass_through("/", headers=sent)
    assert not headers.keys() & {"upgrade", "connection"}


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("/base", "/", "/base"),
        ("/base/", "/", "/base/"),
        ("/base", "/a/b", "/base/a/b"),
        ("/base", "/a/../../x", None),  # NGINX refuses to leave the root
        ("/base", "/a/../x", "/base/x"),
        ("/base", "/%2e%2e/x", None),
    ],
)
def test_below_a_base_path(scene: Scene, base: str, path: str, expected: str | None) -> None:
    scene.serve(api_backend=scene.backend + base)
    if expected is None:
        assert scene.call(f"{path}?user_key={scene.key}").status_code == 400
    else:
        line, _, _ = scene.pass_through(path)
        assert line == f"GET {expected}?user_key={scene.key} HTTP/1.1"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_passes(scene: Scene, method: str) -> None:
    rule = {"http_method": method, "pattern": "/", "metric_system_name": "hits", "delta": 1}
    line, _, _ = scene.serve(proxy_rules=[rule]).pass_through("/", method=method)
    assert line.startswith(f"{method} /")


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_of_any_size_arrive_whole(scene: Scene, size: int, chunked: bool) -> None:  # noqa: FBT001
    rule = {"http_method": "POST", "pattern": "/", "metric_system_name": "hits", "delta": 1}
    sent = (b"0123456789" * (size // 10 + 1))[:size]

    def chunks() -> Iterator[bytes]:
        yield from (sent[at : at + 50_000] for at in range(0, size, 50_000))

    content = chunks() if chunked else sent
    _, headers, body = scene.serve(proxy_rules=[rule]).pass_through(
        "/", method="POST", content=content
    )
    assert body == sent
    assert "transfer-encoding" not in headers


def test_connections_to_the_upstream_are_kept(scene: Scene) -> None:
    scene.serve()
    before = scene.upstream.connections
    for _ in range(20):
        scene.pass_through("/")
    assert scene.upstream.connections - before <= 4


@pytest.mark.parametrize("status", ["201 Created", "302 Found", "404 Not Found", "500 Oops"])
def test_answers_pass_unchanged(scene: Scene, status: str) -> None:
    scene.serve()
    answers = scene.upstream.answer
    scene.upstream.answer = lambda _: (
        f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nLocation: http://{scene.host}:1/\r\n"
        "X-Accel-Redirect: /other\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok"
    ).encode()
    try:
        answer = scene.call(f"/?user_key={scene.key}")
    finally:
        scene.upstream.answer = answers
    assert f"{answer.status_code}" == status[:3]
    assert answer.headers["location"] == f"http://{scene.host}:1/"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["server"] == "nginx"
    assert answer.text == "ok"


def test_an_answer_is_passed_on_while_it_is_being_made(scene: Scene) -> None:
    """The upstream sends its second event only when the caller has got the first."""
    got_first = threading.Event()

    def talk(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"
            )
            assert got_first.wait(10)
            connection.sendall(b"data: 2\n\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        talking = threading.Thread(target=talk, args=(listener,))
        talking.start()
        scene.serve(api_backend=f"http://events.localhost:{listener.getsockname()[1]}")
        port = scene.gateway.ports["staging"]
        with socket.create_connection(("127.0.0.1", port), timeout=10) as caller:
            caller.sendall(
                f"GET /?user_key={scene.key} HTTP/1.1\r\nHost: {scene.host}\r\n\r\n".encode()
            )
            received = b""
            while b"data: 1" not in received:
                received += caller.recv(65536)
            got_first.set()
            while b"data: 2" not in received:
                received += caller.recv(65536)
        talking.join(10)


def test_an_upstream_that_listens_on_its_second_address_only_is_found(scene: Scene) -> None:
    upstream = Upstream("::1")
    scene.serve(api_backend=f"http://modern.localhost:{upstream.port}")
    for _ in range(3):
        assert scene.call(f"/?user_key={scene.key}").text == "hello"
    upstream.close()


def test_an_upstream_that_refuses_connections_is_a_bad_gateway(scene: Scene) -> None:
    scene.serve(api_backend=f"http://down.localhost:{free_port()}")
    assert scene.call(f"/?user_key={scene.key}").status_code == 502


@pytest.mark.parametrize(
    "backend",
    [
        "http://does-not-exist.invalid:80",
        "http://10.0.0.1:80",
        "http://169.254.169.254:80",
        "http://localhost:{staging}",  # the gateway itself
    ],
)
def test_an_upstream_without_an_address_that_may_be_dialled_is_unavailable(
    scene: Scene, backend: str
) -> None:
    scene.serve(api_backend=backend.format(**scene.gateway.ports))
    answer = scene.call(f"/?user_key={scene.key}")
    assert answer.status_code == 503
    assert answer.text == "The API behind the gateway has no known address"


def test_a_product_with_several_backends_routes_by_path(scene: Scene) -> None:
    def routing(path: str) -> dict[str, object]:
        operation = {"match": "path", "op": "matches", "value": f"^({path}/.*|{path}/?)"}
        return {
            "url": scene.backend, "owner_id": 7, "owner_type": "BackendApi",
            "condition": {"operations": [operation]},
            "replace_path": f"{{{{original_request.path | remove_first: '{path}'}}}}",
        }  # fmt: skip

    chain = [
        {"name": "routing", "version": "builtin", "configuration": {"rules": [routing("/stock")]}},
        {"name": "apicast", "version": "builtin", "configuration": {}},
    ]
    line, _, _ = scene.serve(api_backend=None, policy_chain=chain).pass_through("/stock/1")
    assert line == f"GET /1?user_key={scene.key} HTTP/1.1"
    assert scene.call(f"/other?user_key={scene.key}").status_code == 404
