"""`tollway gateway` without a portal: sets up what it needs, in a directory of its own, and runs.

Where ``up`` may run, or another such gateway, is no place for it: agents find their NGINX by the
directory. Programs are shared.
"""

from __future__ import annotations

from tollway import config
from tollway.cli import packages, ports, serve
from tollway.cli.datadir import DataDir
from tollway.gateway import standalone
from tollway.gateway.standalone import Standalone


def run(
    alone: Standalone, environ: dict[str, str], data: DataDir, *, with_echo: bool, apart: bool
) -> None:
    """Serve until asked to end; ``apart``: ``data`` is everybody's, so keep to a corner of it.

    Raises ``RefusedError``, ``SettingsError``.
    """
    nginx = packages.nginx(environ, data.packages, print)
    if apart:
        data = DataDir(data.path / "standalone" / str(alone.port))
    data.prepare()
    environ |= nginx.environ() | {"TOLLWAY_DATA_DIR": str(data.path)}
    settings = standalone.adapted(config.load(environ), alone, environ)
    with data.locked():
        ports.check_each(
            {"--port": alone.port, "--management-port": alone.management_port}, settings.bind
        )
        print(_told(alone, settings.bind), flush=True)
        serve.gateway(settings, with_echo=with_echo, alone=alone)


def _told(alone: Standalone, bind: str) -> str:
    host = config.dialled(bind)
    lines = [f"Gateway ({alone.environment}) on http://{host}:{alone.port}"]
    if alone.management_port:
        lines.append(f"Management ({alone.mode}) on http://{host}:{alone.management_port}")
    return "\n".join(lines)
