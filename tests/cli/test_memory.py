from __future__ import annotations

import os
import subprocess
from pathlib import Path

from acceptance.world import eventually
from tollway import clock
from tollway.cli.datadir import Process
from tollway.cli.memory import began_s, lives, usages


def test_what_a_process_has_started_is_counted_with_it() -> None:
    with subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout
        child = int(shell.stdout.readline())
        comm = Path(f"/proc/{child}/comm")
        eventually(lambda: comm.read_text() == "sleep\n", "the shell's child is sleep")
        found = usages((Process("server", shell.pid),))
        os.kill(child, 9)
        shell.kill()
    assert [(usage.name, usage.pid) for usage in found] == [
        ("server", shell.pid),
        ("server: sleep", child),
    ]
    assert all(usage.memory_bytes > 0 for usage in found)


def test_one_that_has_ended_is_left_out() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as ended:
        assert lives(ended.pid)
        ended.kill()
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert not lives(ended.pid), "what nobody has looked at yet does not live"
    assert not lives(ended.pid)
    assert usages((Process("gone", ended.pid),)) == []


def test_a_process_began_after_the_machine_and_before_now() -> None:
    assert 0 < began_s(os.getpid()) <= clock.since_boot_s()
