"""What `up` refuses before it starts anything; ``tests/acceptance`` has it start."""

from __future__ import annotations

import os
import socket

import pytest

from tollway import clock
from tollway.cli.datadir import DataDir
from tollway.cli.refused import RefusedError
from tollway.cli.up import Up
from tollway.config import SettingsError


class Silence:
    def say(self, text: str) -> None:
        raise AssertionError(f"nothing was to be said yet: {text}")

    ready = say


def up(data: DataDir, **environ: str) -> Up:
    data.prepare()
    environ |= {"TOLLWAY_DATA_DIR": str(data.path)}
    return Up(data, environ, began_s=clock.since_boot_s(), voice=Silence())


def test_ports_are_looked_at_first(data: DataDir) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(RefusedError, match=rf"{port} \(staging\) by .*process {os.getpid()}"):
            up(data, TOLLWAY_PORT_STAGING=str(port)).run()
    assert not data.ports.exists(), "ports that were not to be had are not remembered"


def test_settings_that_are_wrong_are_said_at_once(data: DataDir) -> None:
    with pytest.raises(SettingsError, match="TOLLWAY_PORT_ECHO"):
        up(data, TOLLWAY_PORT_ECHO="echo")
