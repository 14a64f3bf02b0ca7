from __future__ import annotations

from pathlib import Path

import pytest

from tollway import config
from tollway.cli import processes
from tollway.cli.child import Spec
from tollway.cli.datadir import DataDir
from tollway.cli.packages import Nginx

UNPACKED = Nginx("/d/usr/sbin/nginx", Path("/d"))


def plan(data: DataDir, *, setup_alone: bool = False, **environ: str) -> dict[str, Spec]:
    environ |= {"TOLLWAY_DATA_DIR": str(data.path), "TOLLWAY_SECRET_KEY": "5e" * 32}
    settings = config.load(environ)
    specs = processes.plan(data, settings, environ, UNPACKED, setup_alone=setup_alone)
    return {spec.name: spec for spec in specs}


def test_each_comes_after_those_that_it_needs(data: DataDir) -> None:
    specs = plan(data)
    assert list(specs) == ["valkey", "setup", "authority", "portal", "worker", "gateway"]
    for number, spec in enumerate(specs.values()):
        assert set(spec.after) <= set(list(specs)[:number])
    assert [spec.name for spec in specs.values() if spec.once] == ["setup"]


@pytest.mark.parametrize("url", ["", "valkey://store:6379"])
def test_nothing_starts_before_data_are_upgraded(data: DataDir, url: str) -> None:
    specs = plan(data, setup_alone=True, TOLLWAY_VALKEY_URL=url)
    begun = {"setup"}
    assert [name for name, spec in specs.items() if begun.issuperset(spec.after)] == (
        ["setup", "authority", "portal", "worker"] if url else ["valkey", "setup", "portal"]
    )
    assert [name for name, spec in specs.items() if not spec.after] == ["setup"]


def test_a_store_of_the_operators_is_not_started(data: DataDir) -> None:
    specs = plan(data, TOLLWAY_VALKEY_URL="valkey://store:6379")
    assert "valkey" not in specs
    assert not any("valkey" in spec.after for spec in specs.values())


def test_our_store_listens_on_a_private_socket_and_keeps_what_it_is_told(data: DataDir) -> None:
    options = " ".join(plan(data)["valkey"].argv)
    assert f"--port 0 --unixsocket {data.run}/valkey.sock --unixsocketperm 700" in options
    # Not "everysec": on a slow disk the server would answer before it has written.
    assert "--appendonly yes --appendfsync no" in options


def test_the_gateway_is_told_where_nginx_is(data: DataDir) -> None:
    environ = plan(data)["gateway"].environ
    assert environ["TOLLWAY_NGINX"] == "/d/usr/sbin/nginx"
    assert environ["THREESCALE_CONFIG_FILE"] == ""
    assert environ["TOLLWAY_NGINX_ROOT"] == "/d"
