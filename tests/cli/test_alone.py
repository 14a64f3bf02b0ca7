"""`tollway gateway` without a portal: what it says when it cannot begin."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from tollway.cli import alone
from tollway.cli.datadir import DataDir
from tollway.cli.refused import RefusedError
from tollway.gateway.standalone import Standalone


@pytest.fixture
def directory() -> Iterator[Path]:
    with servers.short_directory() as path:
        yield path


def environ(directory: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TOLLWAY_DATA_DIR": str(directory)}


def run(asked: Standalone, directory: Path, *, apart: bool = False) -> None:
    alone.run(asked, environ(directory), DataDir(directory), with_echo=False, apart=apart)


def test_a_bad_file_ends_it_with_the_name_of_the_field(directory: Path) -> None:
    file = directory / "c.json"
    file.write_text('{"services": [{"backend_version": "9"}]}')
    command = [sys.executable, "-m", "tollway.cli.main", "gateway", "--config", str(file)]
    ended = subprocess.run(
        command, env=environ(directory), capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.returncode == 1
    said = f"tollway: {file}: services[0].backend_version: must be"
    assert ended.stderr.splitlines()[-1].startswith(said)


@pytest.mark.parametrize("option", ["--port", "--management-port"])
def test_a_port_that_is_taken_is_named(directory: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        asked = Standalone("production", port if option == "--port" else 1025, management_port=port)
        with pytest.raises(RefusedError, match=f"^{option} {port} is in use by "):
            run(asked, directory)


def test_it_does_not_meddle_with_an_up_that_runs(directory: Path) -> None:
    data = DataDir(directory)
    data.prepare()
    with data.locked(), pytest.raises(RefusedError, match="is just using"):
        run(Standalone("production", 1025), directory)


def test_without_a_directory_of_its_own_it_keeps_to_a_corner(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RefusedError, match="in use"):
            run(Standalone("production", port), directory, apart=True)
    assert [path.name for path in directory.iterdir()] == ["standalone"]
    assert (directory / "standalone" / str(port) / "secret").exists()
