"""Memory of the whole idle platform, and seconds until it answers. Run: python bench/startup.py.

Each round runs `./tollway up` on an empty data directory, and again on what that has left. Seconds
are from the start of the command to the first answered call of the sample product, as `up` prints
them; memory is the proportional set size of all processes, some time after that call. The best of
several rounds counts: other work can only slow one down. Programs that are missing are installed
before the first round.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "tests"), str(ROOT / "src")]  # not bench: its names are packages there

from acceptance.conftest import Installation  # noqa: E402

ROUNDS = 3
IDLE_S = 5
MEGABYTE = 1e6


def started(installation: Installation) -> dict[str, Any]:
    """Start it, leave it alone for a while, stop it; return what it said of itself."""
    installation.up()
    time.sleep(IDLE_S)
    status = installation.status()
    installation.down()
    return status


def megabytes(status: dict[str, Any]) -> dict[str, float]:
    """Return the memory of each process with all that it has started; and of all together."""
    found: dict[str, float] = defaultdict(float)
    for process in status["processes"]:
        name = process["name"].partition(":")[0]
        found[name] += process["memory_bytes"] / MEGABYTE
    return {**found, "all": sum(found.values())}


def main() -> None:
    found: dict[str, list[dict[str, Any]]] = {"fresh": [], "kept": []}
    with tempfile.TemporaryDirectory(prefix="tollway-") as directory:
        Installation(Path(directory) / "installed").tollway("--version")
        for number in range(ROUNDS):
            installation = Installation(Path(directory) / f"{number}")
            found["fresh"].append(started(installation))
            found["kept"].append(started(installation))

    memory = {
        data: min((megabytes(s) for s in statuses), key=lambda each: each["all"])
        for data, statuses in found.items()
    }
    print(f"{'data directory':20}{'fresh':>10}{'kept':>10}")
    seconds = [f"{min(s['ready_seconds'] for s in statuses):10.1f}" for statuses in found.values()]
    print(f"{'first call, s':20}{''.join(seconds)}")
    for name in sorted(memory["fresh"], key=lambda name: memory["fresh"][name]):
        used = "".join(f"{memory[data][name]:10.0f}" for data in found)
        print(f"{name + ', MB':20}{used}")


if __name__ == "__main__":
    main()
