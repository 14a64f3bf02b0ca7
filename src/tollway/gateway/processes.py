"""Processes by their id: whose child one is, wait for its end, end it. They need not be ours."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def parent_of(pid: int) -> int | None:
    """Return the parent's id, None when there is no such process (or it is only a zombie)."""
    try:
        state, parent = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def is_serving(pid: int) -> bool:
    """Whether it is a worker that still accepts connections; NGINX tells in its title."""
    try:
        title = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False
    return title != b"" and b"shutting down" not in title


async def ended(pid: int) -> None:
    """Wait until a process has ended, and bury it if it is ours."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(descriptor, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # noqa: ASYNC222  (does not wait)


async def end(pids: Collection[int], signals: Collection[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn to those that still live, waiting so many seconds after it."""
    for number, patience_s in signals:
        living = [pid for pid in pids if parent_of(pid) is not None]
        if not living:
            return
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await asyncio.gather(*map(ended, living))
