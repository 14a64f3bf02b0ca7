from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import fields, replace

from tollway.cli.ports import check_free, listener
from tollway.cli.refused import RefusedError
from tollway.config import Ports


def free_ports() -> Ports:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in fields(Ports)]
    ports = Ports(*(s.getsockname()[1] for s in sockets))
    for s in sockets:
        s.close()
    return ports


def test_free_ports_are_no_matter() -> None:
    check_free(free_ports(), "127.0.0.1")


def test_a_busy_port_is_named_with_its_process_and_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(RefusedError) as refused:
            check_free(replace(free_ports(), echo=port), "127.0.0.1")
    assert f"ports in use: {port} (echo) by " in str(refused.value)
    assert f"process {os.getpid()}" in str(refused.value)
    base = re.search(r"--port-base (\d+)$", str(refused.value))
    assert base
    check_free(Ports.from_base(int(base[1])), "127.0.0.1")


def test_connections_of_a_server_that_has_ended_are_no_hindrance() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
    with client:
        check_free(replace(free_ports(), portal=port), "127.0.0.1")


@pytest.mark.parametrize("bind", ["nonsense", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_named(bind: str) -> None:
    with pytest.raises(RefusedError, match=f"TOLLWAY_BIND={bind}: not an address of this machine"):
        check_free(free_ports(), bind)


@pytest.mark.skipif(
    int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) < 1024,
    reason="here everybody may listen on low ports",
)
def test_ports_that_are_only_for_root_are_not_called_busy() -> None:
    script = (
        "import os; from tollway.cli.ports import check_free; from tollway.config import Ports\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "check_free(Ports.from_base(1000), '127.0.0.1')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert "only root may listen on such low ports. Choose others: --port-base " in done.stderr


def test_a_process_that_we_may_not_look_at_is_said_to_be_anothers() -> None:
    assert listener(1) == "a process of another user"
