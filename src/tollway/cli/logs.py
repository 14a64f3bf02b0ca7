"""`tollway logs`: the ends of the processes' logs, and what comes after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tollway.cli.refused import RefusedError

LINES = 40
LOOK_AGAIN_S = 0.2


def show(logs: Path, process: str | None, *, follow: bool) -> None:
    """Print the last lines of one process's log, or of all; with ``follow``, for ever after."""
    files = _files(logs, process)
    width = max(len(file.stem) for file in files)
    places = {}
    for file in files:
        text = file.read_bytes()
        places[file] = len(text)
        for line in text.decode(errors="replace").splitlines()[-LINES:]:
            print(f"{file.stem:<{width}}  {line}")
    while follow:
        for file in files:
            for line in _after(file, places):
                print(f"{file.stem:<{width}}  {line}", flush=True)
        time.sleep(LOOK_AGAIN_S)


def _files(logs: Path, process: str | None) -> list[Path]:
    files = sorted(logs.glob("*.log"))
    chosen = [file for file in files if process in {None, file.stem}]
    if chosen:
        return chosen
    if process and files:
        raise RefusedError(f"no log of {process}; there are: {', '.join(f.stem for f in files)}")
    raise RefusedError(f"no logs in {logs}: has `tollway up` run with this --data-dir?")


def _after(file: Path, places: dict[Path, int]) -> Iterator[str]:
    """Yield the whole lines that came since; a log that was begun again is read from its start."""
    if file.stat().st_size < places[file]:
        places[file] = 0
    with file.open("rb") as log:
        log.seek(places[file])
        text = log.read()
    whole = text[: text.rfind(b"\n") + 1]
    places[file] += len(whole)
    yield from whole.decode(errors="replace").splitlines()
