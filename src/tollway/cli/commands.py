"""What each command does, given its options and the environment. Each returns an exit status."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from tollway import config
from tollway.cli import logs as log_files
from tollway.cli import memory, outside, processes, report
from tollway.cli.datadir import DataDir, State
from tollway.cli.detach import Terminal, Voice, detached
from tollway.cli.refused import RefusedError
from tollway.cli.up import Up
from tollway.config import Ports, Settings, SettingsError

Options = argparse.Namespace
Environ = Mapping[str, str]
Command = Callable[[Options, dict[str, str]], int]

DOWN_S = 60.0
LOOK_AGAIN_S = 0.05
UNWELL, NOT_RUNNING = 1, 3  # what init scripts answer to `status` then


def up(options: Options, environ: dict[str, str]) -> int:
    """Start everything."""
    data = _data(environ)
    if state := data.state():
        print("Tollway is running already.")
        state = _asked(data, state, environ)
        print(report.table(_report(data, state, environ), state, data))
        return 0
    data.prepare()
    ports = chosen_ports(data, options.port_base, environ)
    environ |= ports.environ() | {"TOLLWAY_DATA_DIR": str(data.path)}
    environ.setdefault("TOLLWAY_ECHO_ALIAS", f"echo.{config.domain(environ)}:{ports.echo}")
    began_s = memory.began_s(os.getpid())

    def run(voice: Voice) -> int:
        try:
            with data.locked():
                return Up(data, environ, began_s=began_s, voice=voice).run()
        except (RefusedError, SettingsError) as error:
            voice.say(f"tollway: {error}")
            return 1

    return detached(run, data.logs / "tollway.log") if options.detach else run(Terminal())


def down(options: Options, environ: dict[str, str]) -> int:  # noqa: ARG001
    """Stop everything."""
    data = _data(environ)
    if _stop(data):
        print("Tollway is stopped.")
    else:
        print(f"No Tollway runs on {data.path}.")
    return 0


def status(options: Options, environ: dict[str, str]) -> int:
    """Show what runs, where, and a call that works."""
    data = _data(environ)
    state = data.state()
    if state is None:
        what = "is just starting" if data.in_use() else "is not running; `tollway up` starts it"
        print(f"Tollway {what} (on {data.path})", file=sys.stderr)
        return NOT_RUNNING
    state = _asked(data, state, environ)
    found = _report(data, state, environ)
    print(json.dumps(found, indent=2) if options.json else report.table(found, state, data))
    return UNWELL if state.ailments else 0


def logs(options: Options, environ: dict[str, str]) -> int:
    """Show the processes' logs."""
    log_files.show(_data(environ).logs, options.process, follow=options.follow)
    return 0


def reset(options: Options, environ: dict[str, str]) -> int:
    """Stop, and delete what is kept: the next `up` begins anew."""
    from tollway.cli import serve

    data = _data(environ)
    places = outside.places(environ)
    outside.check_named(places, {"--database": options.database, "--store": options.store})
    names = [place.name for place in places if place.name]
    if not data.version.exists() and not names:
        print(f"Nothing is kept in {data.path}.")
        return 0
    where = ", ".join([str(data.path), *names])
    if not options.yes and not _agreed(f"Delete all tenants, keys and counters in {where}? [y/N] "):
        raise RefusedError("nothing was deleted (--yes does not ask)")
    _stop(data)
    if not data.version.exists():
        data.prepare()
    with data.locked():
        if names:
            serve.erase(config.load(environ), places)
        data.clear()
    print(f"Deleted what was kept in {where}.")
    return 0


def gateway(options: Options, environ: dict[str, str]) -> int:
    """Run NGINX and the agent beside it."""
    from tollway.cli import alone, serve
    from tollway.gateway import standalone

    asked = standalone.Options(
        options.config, options.authority, options.port, options.management_port
    )
    if found := standalone.read(environ, asked):
        apart = not options.data_dir
        alone.run(found, environ, _data(environ), with_echo=options.echo, apart=apart)
    else:
        serve.gateway(config.load(environ), with_echo=options.echo)
    return 0


def fill(options: Options, environ: dict[str, str]) -> int:
    """Make trial accounts with applications and keys, to see how many the portal bears."""
    from tollway.cli import serve

    config.load(environ)  # complains in time
    serve.fill(options.tenant, options.accounts)
    return 0


def server(name: str) -> Command:
    """Make a command of a server that may have several workers."""

    def command(options: Options, environ: dict[str, str]) -> int:
        from tollway.cli import serve

        getattr(serve, name)(config.load(environ), options.workers)
        return 0

    return command


def process(name: str) -> Command:
    """Make a command of a process of which there is one."""

    def command(options: Options, environ: dict[str, str]) -> int:  # noqa: ARG001
        from tollway.cli import serve

        getattr(serve, name)(config.load(environ))
        return 0

    return command


def _data(environ: Environ) -> DataDir:
    data = DataDir(config.data_dir(environ))
    data.check_access()
    return data


def chosen_ports(data: DataDir, port_base: int | None, environ: Environ) -> Ports:
    """Return the ports to take: as asked, as set, as the last time, or the usual ones."""
    if port_base is not None:
        return Ports.from_base(port_base)
    if data.ports.exists() and not any(name in environ for name in Ports().environ()):
        return msgspec.json.decode(data.ports.read_bytes(), type=Ports)
    return Ports.load(environ)


def _report(data: DataDir, state: State, environ: dict[str, str]) -> dict[str, Any]:
    return report.status(data, state, _settings(state, environ))


def _asked(data: DataDir, state: State, environ: dict[str, str]) -> State:
    return report.asked(state, processes.checks(data, _settings(state, environ)))


def _settings(state: State, environ: dict[str, str]) -> Settings:
    return config.load(environ | state.ports.environ())


def _stop(data: DataDir) -> bool:
    """Stop the `up` that holds the directory; return whether there was one."""
    if not data.in_use():
        return False
    holder = data.holder()
    with suppress(ProcessLookupError):
        os.kill(holder, signal.SIGTERM)
    end = time.monotonic() + DOWN_S
    while data.in_use() or memory.lives(holder):
        if time.monotonic() > end:
            raise RefusedError(f"process {holder} does not stop; see {data.logs}")
        time.sleep(LOOK_AGAIN_S)
    return True


def _agreed(question: str) -> bool:
    return sys.stdin.isatty() and input(question).strip().lower() in {"y", "yes"}
