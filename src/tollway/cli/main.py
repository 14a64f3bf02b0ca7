"""The command line: which command, with which settings. What they do is in the modules beside it.

The environment is read here, once; ``--data-dir`` and ``--port-base`` go before it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tollway import __version__
from tollway.cli import commands
from tollway.cli.refused import RefusedError
from tollway.config import SettingsError

INTERRUPTED = 130

# Single processes, each named as its function in `serve`: loaded only when it is run.
SERVERS = {
    "authority": "Serve the Service Management API and the gateways' feed.",
    "portal": "Serve the pages and the Account Management API.",
    "echo": "Serve the Echo API alone.",
}
PROCESSES = {
    "worker": "Publish the portal's changes to the store.",
    "setup": "Bring the database up to date, and make the sample tenants once.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    if options.data_dir:
        # In the process's own environment too: Django and the servers' workers read it there.
        os.environ["TOLLWAY_DATA_DIR"] = str(Path(options.data_dir).absolute())  # noqa: TID251
    try:
        status: int = options.run(options, dict(os.environ))  # noqa: TID251
    except (RefusedError, SettingsError) as error:
        print(f"tollway: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tollway", description="Open API management.")
    parser.add_argument("--version", action="version", version=__version__)
    chosen = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: commands.Command, text: str = "") -> argparse.ArgumentParser:
        text = text or (run.__doc__ or "")
        added = chosen.add_parser(name, help=text, description=text)
        added.add_argument("--data-dir", metavar="DIR", help="where everything is kept")
        added.set_defaults(run=run)
        return added

    up = command("up", commands.up)
    up.add_argument("--port-base", metavar="N", type=int, help="take six ports from N on")
    up.add_argument("--detach", action="store_true", help="return when everything answers")
    command("down", commands.down)
    status = command("status", commands.status)
    status.add_argument("--json", action="store_true", help="one object, for scripts")
    logs = command("logs", commands.logs)
    logs.add_argument("process", nargs="?", help="of this one only")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as they grow")
    reset = command("reset", commands.reset)
    reset.add_argument("--yes", action="store_true", help="do not ask")
    for name, text in SERVERS.items():
        server = command(name, commands.server(name), text)
        server.add_argument("--workers", metavar="N", type=int, default=1, help="one per core")
    gateway = command("gateway", commands.gateway)
    gateway.add_argument("--echo", action="store_true", help="serve the Echo API too")
    for name, text in PROCESSES.items():
        command(name, commands.process(name), text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
