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

INTERRUPTED, NOT_READ = 130, 141  # what shells answer for these signals
USAGE = 2
ACCOUNTS_MAX = 1_000_000  # of one `fill`

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
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.run:
        parser.print_help(sys.stderr)
        return USAGE
    if options.data_dir:
        # In the process's own environment too: Django and the servers' workers read it there.
        os.environ["TOLLWAY_DATA_DIR"] = str(Path(options.data_dir).absolute())  # noqa: TID251
    try:
        status: int = options.run(options, dict(os.environ))  # noqa: TID251
        sys.stdout.flush()
    except (RefusedError, SettingsError) as error:
        print(f"tollway: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has seen enough, as `head` does. Python would complain at its end too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_READ
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tollway", description="Open API management.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(run=None)
    chosen = parser.add_subparsers(metavar="COMMAND")

    def command(name: str, run: commands.Command, text: str = "") -> argparse.ArgumentParser:
        text = text or (run.__doc__ or "")
        added = chosen.add_parser(name, help=text, description=text)
        added.add_argument(
            "--data-dir", metavar="DIR", type=_directory, help="where everything is kept"
        )
        added.set_defaults(run=run)
        return added

    up = command("up", commands.up)
    up.add_argument("--port-base", metavar="N", type=int, help="take seven ports from N on")
    up.add_argument("--detach", action="store_true", help="return when everything answers")
    command("down", commands.down)
    status = command("status", commands.status)
    status.add_argument("--json", action="store_true", help="one object, for scripts")
    logs = command("logs", commands.logs)
    logs.add_argument("process", nargs="?", help="of this one only")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as they grow")
    reset = command("reset", commands.reset)
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.add_argument("--database", metavar="HOST/NAME", help="in the one outside, too")
    reset.add_argument("--store", metavar="HOST:PORT", help="in the one outside, too")
    filled = command("fill", commands.fill)
    filled.add_argument("accounts", metavar="N", type=_count, help="how many")
    filled.add_argument("--tenant", metavar="ORG", default="demo", help="whose; demo if absent")
    for name, text in SERVERS.items():
        server = command(name, commands.server(name), text)
        server.add_argument("--workers", metavar="N", type=int, default=1, help="one per core")
    _gateway_options(command("gateway", commands.gateway))
    for name, text in PROCESSES.items():
        command(name, commands.process(name), text)
    return parser


def _gateway_options(gateway: argparse.ArgumentParser) -> None:
    gateway.add_argument("--echo", action="store_true", help="serve the Echo API too")
    gateway.add_argument("--config", metavar="FILE", help="without a portal: APIcast's JSON")
    gateway.add_argument("--authority", metavar="URL", help="who decides, whatever FILE says")
    gateway.add_argument("--port", metavar="N", type=int, help="where calls come, without a portal")
    gateway.add_argument(
        "--management-port", metavar="M", type=int, help="where configurations can be put"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= ACCOUNTS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {ACCOUNTS_MAX}")
    return int(text)


def _directory(text: str) -> str:
    if not text:  # an unset variable of a script: the usual directory is not meant
        raise argparse.ArgumentTypeError("is empty")
    return text


if __name__ == "__main__":
    sys.exit(main())
