"""The supervisor over real processes: starts them in order, keeps them, leaves none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tollway.cli.child import LOG_BYTES_MAX, rotate

PATIENCE_S = 10
FOREVER = ["sleep", "3600"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, lambda *_: 0); time.sleep(3600)",
]


def eventually(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.01)


def shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Supervised:
    """The program of ``supervised.py``, and what it has said."""

    def __init__(self, directory: Path, *processes: dict[str, Any], start_s: float = 90) -> None:
        self.logs = directory
        driver = Path(__file__).with_name("supervised.py")
        self.program = subprocess.Popen(
            [sys.executable, driver, directory, json.dumps(processes), str(start_s)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self.seen: set[int] = set()

    def until(self, beginning: str) -> str:
        """Read what it says until a line begins so; return the rest of that line."""
        assert self.program.stdout
        for line in self.program.stdout:
            self.said.append(line.rstrip())
            self.seen |= set(self.pids().values())
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()
        raise AssertionError(f"it never said {beginning!r}: {self.said}")

    def pids(self) -> dict[str, int]:
        return {item["name"]: item["pid"] for item in self.told()["living"]}

    def told(self) -> Any:
        """Return who lives and what the others ail, as it was last said."""
        told = [line for line in self.said if line.startswith("living ")]
        return json.loads(told[-1].removeprefix("living ")) if told else {"living": []}

    def leaves_nothing(self) -> None:
        eventually(lambda: not any(map(lives, self.seen)))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.program.send_signal(number)
        assert self.program.stdout
        self.program.stdout.read()
        return self.program.wait(PATIENCE_S)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(*processes: dict[str, Any], **options: float) -> Supervised:
        started.append(Supervised(tmp_path, *processes, **options))
        return started[-1]

    yield start
    for supervised in started:
        supervised.program.kill()
        supervised.program.communicate()
        supervised.leaves_nothing()


def test_each_starts_when_those_that_it_needs_are_well(
    run: Callable[..., Supervised], tmp_path: Path
) -> None:
    file = tmp_path / "well"
    first = shell(f"touch {file}; exec sleep 3600")
    second = shell(f"test -e {file} && exec sleep 3600")
    supervised = run(
        {"name": "first", "argv": first, "well": str(file)},
        {"name": "job", "argv": ["true"], "once": True},
        {"name": "second", "argv": second, "after": ["first", "job"]},
    )
    supervised.until("started")
    assert set(supervised.pids()) == {"first", "second"}


def test_what_crashes_is_started_again_and_the_others_are_left_alone(
    run: Callable[..., Supervised],
) -> None:
    supervised = run({"name": "a", "argv": FOREVER}, {"name": "b", "argv": FOREVER})
    supervised.until("started")
    before = supervised.pids()
    os.kill(before["a"], signal.SIGKILL)
    assert supervised.until("event") == "a ended with signal 9; starting it again in 0.2 s"
    assert supervised.told()["ailments"] == ["a ended with signal 9"]
    supervised.until("living")
    after = supervised.pids()
    assert after["b"] == before["b"]
    assert after["a"] != before["a"]
    assert lives(after["a"])


def test_one_that_keeps_crashing_is_started_again_ever_later(
    run: Callable[..., Supervised], tmp_path: Path
) -> None:
    file = tmp_path / "well"
    file.touch()
    supervised = run({"name": "a", "argv": shell(f"test -e {file} && exec sleep 3600")})
    supervised.until("started")
    file.unlink()
    os.kill(supervised.pids()["a"], signal.SIGKILL)
    delays = [supervised.until("event").rpartition(" in ")[2] for _ in range(4)]
    assert delays == ["0.2 s", "0.4 s", "0.8 s", "1.6 s"]


def test_once_all_are_up_nobody_waits_for_another_who_is_away(
    run: Callable[..., Supervised], tmp_path: Path
) -> None:
    file = tmp_path / "well"
    file.touch()
    supervised = run(
        {"name": "a", "argv": FOREVER, "well": str(file)},
        {"name": "b", "argv": FOREVER, "after": ["a"]},
    )
    supervised.until("started")
    before = supervised.pids()
    file.unlink()
    os.kill(before["a"], signal.SIGKILL)
    supervised.until("event a ended")
    os.kill(before["b"], signal.SIGKILL)
    supervised.until("event b ended")
    supervised.until("event   b is ready")
    supervised.until("living")
    (ailment,) = supervised.told()["ailments"]
    assert ailment.startswith("a ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_everything_when_asked(run: Callable[..., Supervised], number: int) -> None:
    with_child = shell("sleep 3600 & wait")
    supervised = run({"name": "a", "argv": FOREVER}, {"name": "b", "argv": with_child})
    supervised.until("started")
    assert supervised.end(number) == 0
    assert not any(map(lives, supervised.seen))


def test_it_stops_in_the_reverse_order(run: Callable[..., Supervised], tmp_path: Path) -> None:
    order = tmp_path / "order"
    script = "trap 'echo {} >>{}; exit' TERM; sleep 3600 & wait"
    supervised = run(
        *({"name": n, "argv": shell(script.format(n, order))} for n in ("a", "b", "c"))
    )
    supervised.until("started")
    supervised.end()
    assert order.read_text().split() == ["c", "b", "a"]


def test_a_second_signal_ends_those_who_do_not_listen(run: Callable[..., Supervised]) -> None:
    supervised = run({"name": "deaf", "argv": DEAF}, {"name": "deaf too", "argv": DEAF})
    supervised.until("started")
    supervised.program.send_signal(signal.SIGTERM)
    assert supervised.end(signal.SIGINT) == 0
    assert not any(map(lives, supervised.seen))


def test_killed_it_leaves_nothing_behind(run: Callable[..., Supervised]) -> None:
    supervised = run({"name": "a", "argv": FOREVER}, {"name": "b", "argv": FOREVER})
    supervised.until("started")
    supervised.program.kill()
    supervised.leaves_nothing()


@pytest.mark.parametrize(
    ("process", "why"),
    [
        ({"argv": shell("echo no such table; exit 3"), "once": True}, "ended with 3"),
        ({"argv": shell("echo no such table; exit 1"), "well": "/never"}, "ended with 1"),
    ],
    ids=["a job", "a server, after three tries"],
)
def test_a_start_that_fails_says_who_why_and_how_its_log_ends(
    run: Callable[..., Supervised], process: dict[str, Any], why: str
) -> None:
    supervised = run({"name": "good", "argv": FOREVER}, {"name": "bad", **process})
    assert supervised.until("failed").startswith(f"bad: {why}. The end of ")
    assert supervised.program.stdout
    assert "no such table" in supervised.program.stdout.read()
    assert supervised.program.wait(PATIENCE_S) == 1
    assert supervised.seen
    assert not any(map(lives, supervised.seen))


def test_a_log_that_has_grown_large_is_begun_again_and_kept_once(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * (LOG_BYTES_MAX + 1))
        rotate(log)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert (tmp_path / "a.log.1").stat().st_size == LOG_BYTES_MAX + 1


def test_who_refuses_to_start_says_why_in_its_own_words(run: Callable[..., Supervised]) -> None:
    refusing = shell("echo a warning; echo 'tollway: TOLLWAY_X must be a number'; exit 1")
    supervised = run({"name": "a", "argv": refusing, "once": True})
    assert supervised.until("failed") == "TOLLWAY_X must be a number"


def test_what_is_done_once_takes_as_long_as_it_takes(
    run: Callable[..., Supervised], tmp_path: Path
) -> None:
    go, well = tmp_path / "go", tmp_path / "well"
    waiting = shell(f"until test -e {go}; do sleep 0.05; done")
    server = shell(f"touch {well}; exec sleep 3600")
    supervised = run(
        {"name": "job", "argv": waiting, "once": True},
        {"name": "a", "argv": server, "well": str(well)},
        {"name": "b", "argv": FOREVER, "after": ["job"], "well": "/never"},
        start_s=0.5,
    )
    supervised.until("event   a is ready")
    began = time.monotonic()
    eventually(lambda: time.monotonic() - began > 0.6)
    assert supervised.program.poll() is None, "longer than others may be starting"
    go.touch()
    supervised.until("event   job is done")
    assert supervised.until("failed").startswith("b: ")
