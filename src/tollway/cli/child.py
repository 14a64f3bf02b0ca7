"""One process of `up`: started with its log, asked whether it is well, and ended.

A child leads a session of its own, so that Ctrl-C reaches the supervisor only, and the kernel tells
it to stop when the supervisor ends, however that happens.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

PR_SET_PDEATHSIG = 1
LOG_BYTES_MAX = 10 * 1024 * 1024
BACKOFF_S, BACKOFF_MAX_S = 0.2, 30.0
LONG_RUN_S = 10.0  # who lived as long was not at fault, and begins again without delay

Check = Callable[[], str]  # "" when all is well, else what is not

_LIBC = ctypes.CDLL(None)


class Spec(Struct, frozen=True):
    """``after`` names those that must be well before; a ``once`` does its work and ends with 0."""

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    check: Check
    after: tuple[str, ...] = ()
    once: bool = False


class Child:
    def __init__(self, spec: Spec, logs: Path) -> None:
        self.spec = spec
        self.name = spec.name
        self.log = logs / f"{spec.name}.log"
        self.well = False  # since its last start
        self.failures = 0  # in a row
        self.delay_s = 0.0  # before the next start
        self.ailment = "not started"
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def due(self) -> bool:
        done = self.spec.once and self.well
        return self._process is None and not done and time.monotonic() >= self._due

    def start(self) -> None:
        rotate(self.log)
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        supervisor = os.getpid()
        try:
            self._process = subprocess.Popen(
                self.spec.argv,
                env=dict(self.spec.environ),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                preexec_fn=lambda: _bind_to(supervisor),  # noqa: PLW1509  (one thread only)
            )
        finally:
            os.close(descriptor)
        self._began = time.monotonic()

    def ask(self) -> bool:
        """Check it, unless it has been found well since its start."""
        if not self.well and self._process and not self.spec.once:
            self.ailment = self.spec.check()
            self.well = not self.ailment
        return self.well

    def ended(self, status: int) -> None:
        """Take note of its end, and of when to start it again.

        What it leaves behind ends by itself, as the kernel tells it to: granian's workers at once,
        NGINX when the calls under way are answered.
        """
        if self._process:
            self._process.returncode = status
        self._process = None
        self.well = self.spec.once and status == 0
        if time.monotonic() - self._began > LONG_RUN_S:
            self.failures = 0
        self.delay_s = min(BACKOFF_S * 2**self.failures, BACKOFF_MAX_S)
        self.failures += not self.well
        self._due = time.monotonic() + self.delay_s
        self.ailment = f"ended with signal {-status}" if status < 0 else f"ended with {status}"

    def terminate(self) -> None:
        if self._process:
            self._process.terminate()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it and whatever it had started and left behind."""
        process, self._process = self._process, None
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def last_words(self, lines: int = 12) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def rotate(log: Path) -> None:
    """Begin the log again when it has grown large, keeping one old one. Its writers append."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        shutil.copy(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def _bind_to(supervisor: int) -> None:
    """In the new process, before its program: end with the supervisor, hear all signals."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if os.getppid() != supervisor:
        os._exit(1)
