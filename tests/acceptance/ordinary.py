"""Runs a command as an ordinary user would, on a machine that lacks some programs.

    unshare --mount python ordinary.py '{"uid": 1234, …}' COMMAND...

It needs root, and works in a mount namespace that ends with the command: nothing of the machine is
changed. The command can never become root, whatever it starts.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

MS_BIND, MS_REC = 4096, 16384
LIBC = ctypes.CDLL(None, use_errno=True)


class Ordinary(Struct, frozen=True):
    """``uid`` is whose the command is; ``hidden`` are files that cannot be used.

    ``visible`` are directories that can be read, also where they lie below one that others may not
    enter; ``hold`` is an empty directory to move them.
    """

    uid: int
    hidden: list[str]
    visible: list[str]
    hold: str
    directory: str
    environ: dict[str, str]


def mount(source: Path, target: Path, kind: str = "", flags: int = 0, options: str = "") -> None:
    words = (str(source).encode(), str(target).encode(), kind.encode() or None)
    if LIBC.mount(*words, flags, options.encode() or None):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(target))


def closed(path: Path) -> Path | None:
    """Return the uppermost directory on the way to ``path`` that others may not enter."""
    way = [*reversed(path.parents)]
    return next((step for step in way if not step.stat().st_mode & 0o001), None)


def open_the_way(visible: list[Path], hold: Path) -> None:
    """Let others come to ``visible``, and to nothing else below a directory that is closed."""
    for directory in {step for path in visible if (step := closed(path))}:
        below = [path for path in visible if directory in path.parents]
        held = [(path, hold / str(number)) for number, path in enumerate(below)]
        for path, place in held:
            place.mkdir(exist_ok=True)
            mount(path, place, flags=MS_BIND | MS_REC)
        mount(Path("none"), directory, "tmpfs", options="mode=755")
        for path, place in held:
            path.mkdir(parents=True, exist_ok=True)
            mount(place, path, flags=MS_BIND | MS_REC)


def main(ordinary: Ordinary, command: list[str]) -> None:
    for file in ordinary.hidden:
        mount(Path("/dev/null"), Path(file), flags=MS_BIND)
    open_the_way([Path(path) for path in ordinary.visible], Path(ordinary.hold))
    os.chdir(ordinary.directory)
    become = (f"--reuid={ordinary.uid}", f"--regid={ordinary.uid}", "--clear-groups")
    words = ["setpriv", *become, "--no-new-privs", *command]
    os.execvpe(words[0], words, ordinary.environ)  # noqa: S606  (in the place of this program)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Ordinary), sys.argv[2:])
