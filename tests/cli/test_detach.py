from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import os, pathlib, signal, sys
from tollway.cli.detach import detached

def run(voice):
    print(os.getpid(), file=open(sys.argv[2], "w"), flush=True)
    voice.say("starting")
    if sys.argv[3] == "ready":
        voice.ready("the table")
        voice.say("later")
        signal.pause()
    return 7

sys.exit(detached(run, pathlib.Path(sys.argv[1])))
"""


def run(directory: Path, end: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, directory / "log", directory / "pid", end],
        capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip


def test_it_returns_when_ready_and_the_rest_goes_to_the_log(tmp_path: Path) -> None:
    done = run(tmp_path, "ready")
    assert (done.returncode, done.stdout) == (0, "starting\nthe table\n")
    child = int((tmp_path / "pid").read_text())
    assert os.getsid(child) == child, "a session of its own: no terminal's signals"
    log = tmp_path / "log"
    end = time.monotonic() + 10
    while log.read_text() != "starting\nlater\n":  # the table, with its passwords, is not logged
        assert time.monotonic() < end
        time.sleep(0.01)
    assert log.stat().st_mode & 0o777 == 0o600
    os.kill(child, signal.SIGKILL)


def test_it_passes_on_how_a_start_failed(tmp_path: Path) -> None:
    done = run(tmp_path, "fail")
    assert (done.returncode, done.stdout) == (7, "starting\n")
