from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import servers
from tollway.cli import health


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.rpartition("/")[2].partition("?")[0]))
        self.end_headers()
        self.server.asked = (self.headers["Host"], self.path)  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def port(server: HTTPServer) -> int:
    return server.server_port


def test_a_name_under_localhost_is_asked_here_under_its_name(server: HTTPServer) -> None:
    netloc = f"api-2.staging.gateway.localhost:{server.server_port}"
    assert health.status(f"http://{netloc}/200?x=1") == 200
    assert server.asked == (netloc, "/200?x=1")  # type: ignore[attr-defined]


def test_this_machine_is_asked_at_its_other_address_too() -> None:
    class Server(HTTPServer):
        address_family = socket.AF_INET6

    with Server(("::1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert health.status(f"http://localhost:{server.server_port}/200") == 200
        thread.join()


def test_the_statuses_that_are_well(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    assert health.answers(f"{url}/200", 200) == ""
    assert health.answers(f"{url}/403", 200, 403) == ""
    assert health.answers(f"{url}/404?user_key=k", 200) == f"{url}/404 answers 404"


def test_nobody_there_is_not_well(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert "does not answer: " in health.answers(f"http://127.0.0.1:{free}/", 200)
    either = health.all_of(
        lambda: health.answers(f"http://127.0.0.1:{port}/200", 200), lambda: "ill"
    )
    assert either() == "ill"


def test_not_http_is_not_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"+PONG\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert "that is not HTTP" in health.answers(url, 200)
        thread.join()


@pytest.mark.parametrize(
    ("said", "ailment"),
    [("+PONG", ""), ("-LOADING the dataset", "-LOADING the dataset")],
)
def test_valkey_is_well_when_it_has_loaded(tmp_path: Path, said: str, ailment: str) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(f"{said}\r\n".encode())

        thread = threading.Thread(target=serve)
        thread.start()
        assert health.valkey(path) == ailment
        thread.join()
    assert "does not answer" in health.valkey(path)


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """Yield the path of a store's socket that wants a password."""
    with servers.short_directory() as directory:
        options = ("--port", "0", "--requirepass", "pass word")
        server = servers.Server(servers.valkey_binary(), *options, directory=directory)
        server.client = lambda: servers.client_of(f"{server.url}?password=pass word")  # type: ignore[method-assign]
        server.start()
        yield str(server.socket)
        server.kill()


def test_a_store_is_well_when_it_lets_us_in(valkey_url: str, guarded: str) -> None:
    assert health.store(valkey_url) == ""
    assert health.store(f"unix://:pass%20word@{guarded}") == ""
    assert health.store(f"unix://{guarded}") == (
        f"{guarded} answers -NOAUTH Authentication required."
    )
    wrong = health.store(f"unix://:secret@{guarded}")
    assert wrong.startswith(f"{guarded} answers -WRONGPASS")
    assert "secret" not in wrong


def test_a_store_that_is_not_there_is_not_well(port: int) -> None:
    assert "/nowhere.sock does not answer: " in health.store("unix:///nowhere.sock")
    assert "127.0.0.1:1 does not answer: " in health.store("valkey://127.0.0.1:1")
    assert "a store's URL is" in health.store("http://store")
    assert f"127.0.0.1:{port} answers " in health.store(f"valkey://127.0.0.1:{port}")


def test_a_store_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert health.store(f"valkey://127.0.0.1:{port}") == (
            f"127.0.0.1:{port} does not answer: timed out"
        )


def test_a_worker_is_well_while_its_rounds_go_on(tmp_path: Path) -> None:
    sign = tmp_path / "worker"
    assert health.recent(sign) == "has not begun its first round"
    sign.touch()
    assert health.recent(sign) == ""
    then = sign.stat().st_mtime - 60
    os.utime(sign, (then, then))
    assert health.recent(sign).startswith("no round finished for")
