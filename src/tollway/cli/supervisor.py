"""Starts processes in the order they need one another, keeps them alive, stops them in reverse.

It knows nothing of what they do: a ``Spec`` says how to start one and how to ask whether it is
well. One thread, standard library only. Signals are never handled, only waited for, so that nothing
happens at the wrong moment.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from tollway.cli.child import Child, Spec, rotate
from tollway.cli.datadir import Process

ROUND_S = 0.05  # between two looks while something is starting
QUIET_ROUND_S = (
    10.0  # between two looks at the logs' sizes otherwise; an ending child wakes at once
)
START_S = 90.0
PATIENCE_S = 10.0  # for a child to stop by itself
TRIES = 3  # at the first start; later ends are always followed by another start
REFUSAL = "tollway: "  # how a process of ours begins the line that says why it does not start
STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class StopAskedError(Exception):
    """Somebody wants all of it to end."""


class StartError(Exception):
    """It will not start. The message says which process, why, and how its log ends."""


class Supervisor:
    """``report`` hears of each start and end; ``changed`` who lives, and what ails the others."""

    def __init__(
        self,
        specs: Sequence[Spec],
        logs: Path,
        *,
        report: Callable[[str], None],
        changed: Callable[[tuple[Process, ...], tuple[str, ...]], None],
    ) -> None:
        self._children = [Child(spec, logs) for spec in specs]
        self._report = report
        self._changed = changed
        self._in_order = True
        signal.pthread_sigmask(signal.SIG_BLOCK, {*STOPS, signal.SIGCHLD})

    def start(self) -> None:
        """Return when each is well. Raises ``StartError``, ``StopAskedError``.

        What is to be done ``once`` takes as long as it takes; the time of the others begins then.
        """
        end = time.monotonic() + START_S
        while not all(child.well for child in self._children):
            for child in self._round(ROUND_S):
                if child.spec.once or child.failures >= TRIES:
                    raise StartError(_why(child))
            if any(child.spec.once and not child.well for child in self._children):
                end = time.monotonic() + START_S
            if time.monotonic() > end:
                raise StartError(_why(next(c for c in self._children if not c.well)))

    def keep(self) -> NoReturn:
        """Start again whatever ends, whoever else is away. Raises ``StopAskedError`` at last."""
        self._in_order = False
        while True:
            settled = all(child.well for child in self._children)
            for child in self._round(QUIET_ROUND_S if settled else ROUND_S):
                again = f"starting it again in {child.delay_s:.1f} s"
                self._report(f"{child.name} {child.ailment}; {again}")
            for child in self._children:
                rotate(child.log)

    def stop(self) -> None:
        """Stop all, last started first: asked, then by force. A second signal makes it short."""
        hurry = False
        for child in reversed(self._children):
            child.terminate()
            end = time.monotonic() + PATIENCE_S
            while child.alive() and not hurry and time.monotonic() < end:
                info = signal.sigtimedwait({*STOPS, signal.SIGCHLD}, ROUND_S)
                hurry = info is not None and info.si_signo in STOPS
            child.kill()

    def pause(self, seconds: float) -> None:
        """Wait, or until a child ends. Raises ``StopAskedError``."""
        info = signal.sigtimedwait({*STOPS, signal.SIGCHLD}, seconds)
        if info is not None and info.si_signo in STOPS:
            raise StopAskedError

    def _round(self, seconds: float) -> list[Child]:
        """Start who is due, ask who is starting, wait; return who ended without being done."""
        recovered = [child for child in self._children if not child.well and child.ask()]
        for child in recovered:
            self._report(f"  {child.name} is ready")
        well = {child.name for child in self._children if child.well}
        due = [
            child
            for child in self._children
            if child.due and (not self._in_order or well.issuperset(child.spec.after))
        ]
        for child in due:
            child.start()
        if due or recovered:
            self._tell()
        self.pause(seconds)
        return self._reap()

    def _reap(self) -> list[Child]:
        by_pid = {child.pid: child for child in self._children}
        ended = []
        while pid := _next_ended():
            if child := by_pid.get(pid[0]):
                child.ended(pid[1])
                ended.append(child)
                if child.well:
                    self._report(f"  {child.name} is done")
        if ended:
            self._tell()
        return [child for child in ended if not child.well]

    def _tell(self) -> None:
        living = tuple(Process(child.name, child.pid) for child in self._children if child.pid)
        ill = (child for child in self._children if not child.well)
        self._changed(living, tuple(f"{child.name} {child.ailment}" for child in ill))


def _next_ended() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _why(child: Child) -> str:
    """Tell in its own words if it has refused, else how its log ends."""
    *_, last = ("", *child.last_words().splitlines())
    if last.startswith(REFUSAL):
        return last.removeprefix(REFUSAL)
    return f"{child.name}: {child.ailment}. The end of {child.log}:\n{child.last_words()}"
