"""A program that supervises what its argument says: the tests start it, signal it, kill it.

The argument is a JSON list of {"name", "argv", "after", "once", "well"}; ``well`` names a file
whose existence makes the process healthy. A second argument says for how many seconds processes may
be starting. It says one line per event; the living ones as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path

import msgspec

from tollway.cli import supervisor as supervising
from tollway.cli.child import Spec
from tollway.cli.supervisor import StartError, StopAskedError, Supervisor


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201  (the test reads it)


def check(file: str | None) -> str:
    return "" if file is None or Path(file).exists() else "unwell"


def main(directory: Path, text: str) -> int:
    specs = [
        Spec(
            name=item["name"],
            argv=tuple(item["argv"]),
            environ=dict(os.environ),
            check=partial(check, item.get("well")),
            after=tuple(item.get("after", ())),
            once=item.get("once", False),
        )
        for item in json.loads(text)
    ]
    supervisor = Supervisor(
        specs,
        directory,
        report=lambda event: say("event", event),
        changed=lambda living, ailments: say(
            "living", msgspec.json.encode({"living": living, "ailments": ailments}).decode()
        ),
    )
    try:
        supervisor.start()
        say("started")
        supervisor.keep()
    except StopAskedError:
        return 0
    except StartError as error:
        say("failed", error)
        return 1
    finally:
        supervisor.stop()


if __name__ == "__main__":
    if len(sys.argv) > 3:
        supervising.START_S = float(sys.argv[3])
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
