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


def plan(
    data: DataDir,
    settings: Settings,
    environ: Mapping[str, str],
    nginx: Nginx,
    *,
    setup_alone: bool,
) -> list[Spec]:
    """List what is to run, in an order in which each can start.

    ``setup_alone``: nothing else until that is done, for it may find that nothing else can be.
    """
    well = checks(data, settings)
    first = ("setup",) if setup_alone else ()
    store = []
    if not environ.get("TOLLWAY_VALKEY_URL"):
        store.append(Spec("valkey", _valkey(data, environ), environ, well["valkey"], first))
    valkey = tuple(spec.name for spec in store)
    # A file of configurations is for a gateway by itself; this one has the portal's.
    no_file = {"THREESCALE_CONFIG_FILE": "", "APICAST_CONFIGURATION": ""}
    at_nginx = {**environ, **nginx.environ(), **no_file}

    def process(name: str, after: tuple[str, ...]) -> Spec:
        return Spec(name, _tollway(name), environ, well[name], after)

    return [
        *store,
        Spec("setup", _tollway("setup"), environ, check=str, once=True),
        process("authority", (*first, *valkey)),
        process("portal", ("setup",)),
        process("worker", ("setup", *valkey)),
        Spec(
            "gateway",
            _tollway("gateway", "--echo"),
            at_nginx,
            well["gateway"],
            ("authority", "worker"),
        ),
    ]


def checks(data: DataDir, settings: Settings) -> dict[str, Check]:
    """Return how to ask each process whether it is well; it can be asked at any time."""
    ports = settings.ports

    def answers(port: int, path: str) -> Check:
        return partial(health.answers, f"http://{dialled(settings.bind)}:{port}{path}", 200)

    return {
        "valkey": partial(health.valkey, data.valkey_socket),
        "authority": answers(ports.authority, "/status"),
        "portal": answers(ports.portal, "/status"),
        "worker": partial(health.recent, data.sign_of_life),
        "gateway": health.all_of(answers(ports.echo, "/"), answers(ports.metrics, "/healthz")),
    }


def _tollway(*command: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "tollway.cli.main", *command)


def _valkey(data: DataDir, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Run a server for this installation only: no port, and what it answers it has written."""
    options = {
        "port": "0",
        "unixsocket": str(data.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(data.valkey),
        "appendonly": "yes",
        "appendfsync": "no",  # tollway.cli.flushing does it, and says why
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    argv = [packages.valkey_server(environ)]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return tuple(argv)
