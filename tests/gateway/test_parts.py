"""The agent's smaller parts, each by itself: nginx.conf, redaction, metrics, processes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tollway import config
from tollway.exposition import written
from tollway.gateway import errors, processes, render
from tollway.gateway.addresses import Addresses
from tollway.gateway.catalogue import Catalogue
from tollway.gateway.measured import families
from tollway.net import Guard


def conf(*identities: render.TlsIdentity, **environ: str) -> render.Conf:
    settings = config.load({"TOLLWAY_SECRET_KEY": "00" * 32, **environ})
    return render.render(settings, Path("/somewhere/gateway"), identities)


def test_every_placeholder_of_the_template_is_filled() -> None:
    assert "@{" not in conf(render.TlsIdentity("a.example", 443)).text


def test_each_identity_has_a_pool_of_its_own_in_a_stable_order() -> None:
    one, two = render.TlsIdentity("a.example", 443), render.TlsIdentity("a.example", 8443)
    assert conf(one, two) == conf(two, one)
    assert len(re.findall(r"upstream tls_\w+ ", conf(one, two).text)) == 2
    assert conf(one).fingerprint != conf(one, two).fingerprint


@pytest.mark.parametrize(
    ("bind", "listen"),
    [("127.0.0.1", "127.0.0.1:8080"), ("::", "[::]:8080"), ("0.0.0.0", "0.0.0.0:8080")],  # noqa: S104
)
def test_where_it_listens(bind: str, listen: str) -> None:
    assert f"listen {listen} " in conf(TOLLWAY_BIND=bind).text


def test_the_modules_of_a_private_unpack_are_loaded_from_there(tmp_path: Path) -> None:
    modules = tmp_path / "usr/lib/nginx/modules"
    modules.mkdir(parents=True)
    (modules / "ngx_http_lua_module.so").touch()
    text = conf(TOLLWAY_NGINX_ROOT=str(tmp_path)).text
    assert f'load_module "{modules}/ngx_http_lua_module.so";' in text
    assert f"{tmp_path}/usr/share/lua/5.1/?.lua" in text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '<187>Nov 24 23:04:01 nginx: 2026/11/24 23:04:01 [error] "GET /x?k=5ec HTTP/1.1"',
            '2026/11/24 23:04:01 [error] "GET /x?… HTTP/1.1"',
        ),
        ('upstream: "http://1.2.3.4/x?k=5", host: "a"', 'upstream: "http://1.2.3.4/x?… host: "a"'),
        ('request: "GET /?a="b&k=5ec" HTTP/1.1"', 'request: "GET /?… HTTP/1.1"'),
        ("nothing to hide", "nothing to hide"),
    ],
)  # fmt: skip
def test_queries_are_cut_out_of_error_lines(line: str, expected: str) -> None:
    assert errors.redact(line) == expected


def test_a_flood_of_error_lines_is_counted_and_not_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    last = f"line {errors.LINES_PER_S_MAX * 3}"
    path = tmp_path / "errors.sock"

    def write() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.connect(str(path))
            for number in range(errors.LINES_PER_S_MAX * 3 + 1):
                writer.send(f"line {number}".encode())

    async def flood() -> None:
        with errors.bound(path) as listener:
            relaying = asyncio.create_task(errors.relay(listener))
            await asyncio.to_thread(write)
            while "more lines like these" not in caplog.text:
                await asyncio.to_thread(write)
            relaying.cancel()

    asyncio.run(asyncio.wait_for(flood(), 10))
    assert "line 0" in caplog.text
    assert caplog.text.count(last) < 2


def test_counts_become_families() -> None:
    catalogue = Catalogue(Addresses(Guard(), "", asyncio.Event()))
    counts = {"requests:staging:200": 7, "authority:denied": 2, "something else": 1}
    text = written(families(counts, catalogue, refused=3))
    assert 'tollway_gateway_requests_total{environment="staging",status="200"} 7\n' in text
    assert 'tollway_gateway_authority_calls_total{outcome="denied"} 2\n' in text
    assert "tollway_gateway_refused_documents 3\n" in text
    assert "something" not in text


def test_processes_are_ended_gently_first_and_then_by_force() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert processes.parent_of(process.pid) == os.getpid()
        steps = ((signal.SIGTERM, 0.05), (signal.SIGKILL, 10.0))
        asyncio.run(processes.end([process.pid], steps))
        assert processes.parent_of(process.pid) is None


def test_waiting_for_a_process_that_is_gone_ends_at_once() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    asyncio.run(processes.ended(process.pid))
