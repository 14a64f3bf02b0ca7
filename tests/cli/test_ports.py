from __future__ import annotations

import os
import re
import socket

import pytest
from msgspec.structs import replace

from tollway.cli.ports import check_free, listener
from tollway.cli.refused import RefusedError
from tollway.config import Ports


def free_ports() -> Ports:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
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


def test_a_process_that_we_may_not_look_at_is_said_to_be_anothers() -> None:
    assert listener(1) == "a process of another user"
