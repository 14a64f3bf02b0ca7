"""Runs `up` in the background: its words reach the terminal until it is ready, or has failed."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

READY = b"\0"


class Voice(Protocol):
    """How `up` speaks: to whoever started it until it is ready, to its log from then on."""

    def say(self, text: str) -> None: ...

    def ready(self, text: str) -> None: ...


class Terminal:
    """The voice of an `up` in the foreground."""

    def say(self, text: str) -> None:
        print(text, flush=True)

    def ready(self, text: str) -> None:
        print(f"{text}\nCtrl-C stops it.", flush=True)


class _Pipe:
    """The voice of an `up` in the background: standard output is its log."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, text: str) -> None:
        print(text, flush=True)
        if self._descriptor >= 0:
            _write(self._descriptor, text.encode() + b"\n")

    def ready(self, text: str) -> None:
        # The table holds passwords: it is for the terminal only.
        _write(self._descriptor, text.encode() + b"\n" + READY)
        os.close(self._descriptor)
        self._descriptor = -1


def detached(run: Callable[[Voice], int], log: Path) -> int:
    """Run it in a process of its own; return 0 once it is ready, else its own exit status."""
    hear, speak = os.pipe()
    child = os.fork()
    if child:
        os.close(speak)
        try:
            return _relay(hear, child)
        except KeyboardInterrupt:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
            return 130
    os.close(hear)
    _leave_terminal(log)
    status = 1
    voice = _Pipe(speak)
    try:
        status = run(voice)
    except BaseException as error:  # noqa: BLE001  (whatever it is, the terminal waits for a word)
        traceback.print_exc()
        voice.say(f"tollway: {error!r}; see {log}")
    finally:
        sys.stdout.flush()
        os._exit(status)


def _relay(hear: int, child: int) -> int:
    while heard := os.read(hear, 65536):
        text = heard.removesuffix(READY)
        sys.stdout.write(text.decode())
        sys.stdout.flush()
        if text != heard:
            return 0
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _leave_terminal(log: Path) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)


def _write(descriptor: int, text: bytes) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more
        os.write(descriptor, text)
