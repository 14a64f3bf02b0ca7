"""A server of its own: it answers, and its workers end with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tollway.cli import health, serve, supervisor

PATIENCE_S = 10


def eventually(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_server_however_it_ends(tmp_path: Path, number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {**os.environ, "TOLLWAY_SECRET_KEY": "5e" * 32, "TOLLWAY_PORT_ECHO": str(port)}
    command = [sys.executable, "-m", "tollway.cli.main", "echo", "--data-dir", str(tmp_path)]
    url = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as server:
        eventually(lambda: not health.answers(url, 200))
        server.send_signal(number)
        assert server.wait(PATIENCE_S) == (0 if number == signal.SIGTERM else -number)
        eventually(lambda: bool(health.answers(url, 200)))


def test_calls_in_flight_have_less_time_than_the_supervisor_waits() -> None:
    assert serve.STOP_S < supervisor.PATIENCE_S
