"""Which processes belong to a running `up`, and what memory they take, from /proc."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from os import sysconf
from pathlib import Path

from msgspec import Struct

from tollway.cli.datadir import Process

PROC = Path("/proc")
STATE, PARENT, STARTTIME = 0, 1, 19  # fields of /proc/PID/stat, counted after the command's name


class Usage(Struct, frozen=True):
    """``memory_bytes`` is the proportional set size: shared pages are divided among their users."""

    name: str
    pid: int
    memory_bytes: int


def usages(processes: tuple[Process, ...]) -> list[Usage]:
    """List these processes and all that they started, by name: masters and workers too."""
    children = _children()
    names = {process.pid: process.name for process in processes}
    # The first is the parent of the others: what is left for it is what they have not started.
    for process in reversed(processes):
        for pid in _tree(process.pid, children):
            names.setdefault(pid, f"{process.name}: {_command(pid)}")
    found = [Usage(name, pid, _pss_bytes(pid)) for pid, name in names.items()]
    return sorted((u for u in found if u.memory_bytes), key=lambda usage: (usage.name, usage.pid))


def began_s(pid: int) -> float:
    """When the process began, on the boot's clock; programs that replaced one another are one."""
    return int(_stat(PROC / str(pid))[STARTTIME]) / sysconf("SC_CLK_TCK")


def lives(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of it until its parent looks."""
    fields = _stat(PROC / str(pid))
    return bool(fields) and fields[STATE] != "Z"


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for directory in PROC.glob("[0-9]*"):
        if fields := _stat(directory):
            children[int(fields[PARENT])].append(int(directory.name))
    return children


def _tree(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in sorted(children[pid]):
        yield from _tree(child, children)


def _stat(directory: Path) -> list[str]:
    """Return the fields after the command's name: state, parent, …; none when it has ended."""
    try:
        return (directory / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _pss_bytes(pid: int) -> int:
    try:
        rollup = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    kibibytes = (line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(next(kibibytes, "0")) * 1024
