"""The benchmark in small: it runs, and the limits hold to the call. Its speed is not looked at."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT


def test_limits_hold_to_the_call_while_a_crowd_calls() -> None:
    command = [sys.executable, str(ROOT / "bench/authority.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("over-admitted 0, refused though there was room 0") == 2
