"""The processes of one installation as `up` starts them: with what, after whom, and how to ask.

valkey     the store's server, unless TOLLWAY_VALKEY_URL names one
setup      brings the database up to date, makes the sample tenants, and ends
authority  decides on calls
portal     admin portals, developer portals, Account Management API
worker     publishes the portal's changes to the store
gateway    NGINX, the agent beside it, and the Echo API
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial

from tollway.cli import health, packages
from tollway.cli.child import Check, Spec
from tollway.cli.datadir import DataDir
from tollway.cli.packages import Nginx
from tollway.config import Settings, dialled


def plan(data: DataDir, settings: Settings, environ: Mapping[str, str], nginx: Nginx) -> list[Spec]:
    """List what is to run, in an order in which each can start."""
    store = [] if environ.get("TOLLWAY_VALKEY_URL") else [_valkey(data, environ)]
    valkey = tuple(spec.name for spec in store)
    ports = settings.ports

    def answers(port: int, path: str, *statuses: int) -> Check:
        url = f"http://{dialled(settings.bind)}:{port}{path}"
        return partial(health.answers, url, *statuses)

    gateway = health.all_of(answers(ports.echo, "/", 200), answers(ports.metrics, "/healthz", 200))
    return [
        *store,
        Spec("setup", _tollway("setup"), environ, check=str, once=True),
        Spec(
            "authority",
            _tollway("authority"),
            environ,
            answers(ports.authority, "/status", 200),
            valkey,
        ),
        Spec(
            "portal", _tollway("portal"), environ, answers(ports.portal, "/status", 200), ("setup",)
        ),
        Spec(
            "worker",
            _tollway("worker"),
            environ,
            partial(health.recent, data.sign_of_life),
            ("setup", *valkey),
        ),
        Spec(
            "gateway",
            _tollway("gateway", "--echo"),
            {**environ, **nginx.environ()},
            gateway,
            ("authority", "worker"),
        ),
    ]


def _tollway(*command: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "tollway.cli.main", *command)


def _valkey(data: DataDir, environ: Mapping[str, str]) -> Spec:
    """Run a server for this installation only: no port, and every write is handed to the disk."""
    options = {
        "port": "0",
        "unixsocket": str(data.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(data.valkey),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    argv = [packages.valkey_server(environ)]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return Spec("valkey", tuple(argv), environ, partial(health.valkey, data.valkey_socket))
