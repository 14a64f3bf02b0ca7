"""Every command where nothing runs; ``tests/acceptance`` has them with everything running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from tollway import __version__
from tollway.cli import commands
from tollway.cli.datadir import FORMAT, DataDir
from tollway.cli.main import main
from tollway.config import Ports

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def environment(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLWAY_DATA_DIR", str(data.path))


def run(capsys: Captured, *arguments: str) -> tuple[int, str]:
    """Run a command; return its exit status and all that it says."""
    status = main(arguments)
    said = capsys.readouterr()
    return status, (said.out + said.err).strip()


def test_it_tells_its_version(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


def test_without_a_command_it_tells_which_there_are(capsys: Captured) -> None:
    status, said = run(capsys)
    assert status == 2
    assert "Start everything." in said


def test_a_reader_who_has_seen_enough_is_no_error(data: DataDir) -> None:
    data.prepare()
    (data.logs / "worker.log").write_text("a line\n" * 10)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "tollway.cli.main", "logs"],
        check=False,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_empty_directory_name_is_not_taken_for_the_usual_one(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["reset", "--yes", "--data-dir", ""])
    assert "argument --data-dir: is empty" in capsys.readouterr().err


def test_where_nothing_runs_status_and_down_say_so(data: DataDir, capsys: Captured) -> None:
    status, said = run(capsys, "status", "--json")
    assert status == commands.NOT_RUNNING
    assert "is not running; `tollway up` starts it" in said
    assert run(capsys, "down") == (0, f"No Tollway runs on {data.path}.")
    assert run(capsys, "logs")[0] == 1


def test_the_option_goes_before_the_environment(data: DataDir, capsys: Captured) -> None:
    other = data.path.with_name("other")
    assert run(capsys, "down", "--data-dir", str(other)) == (0, f"No Tollway runs on {other}.")


def test_reset_deletes_only_what_is_ours_and_only_when_told(
    data: DataDir, capsys: Captured
) -> None:
    data.path.mkdir()
    (data.path / "diary").touch()
    assert run(capsys, "reset", "--yes") == (0, f"Nothing is kept in {data.path}.")
    assert (data.path / "diary").exists()

    data.prepare()
    status, said = run(capsys, "reset")
    assert (status, said) == (1, "tollway: nothing was deleted (--yes does not ask)")
    assert run(capsys, "reset", "--yes") == (0, f"Deleted what was kept in {data.path}.")
    assert not (data.path / "secret").exists()


def test_up_refuses_data_of_a_newer_tollway(data: DataDir, capsys: Captured) -> None:
    data.prepare()
    data.version.write_text(f"{FORMAT + 1}\n")
    status, said = run(capsys, "up")
    assert status == 1
    assert said.startswith(f"tollway: the data in {data.path} are of a newer Tollway")


def test_up_refuses_busy_ports_before_it_starts_anything(data: DataDir, capsys: Captured) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        base = busy.getsockname()[1] - 5
        status, said = run(capsys, "up", "--port-base", str(base))
    assert status == 1
    assert f"{base + 5} (metrics) by " in said
    assert not list(data.logs.iterdir())


@pytest.mark.parametrize("base", ["0", "65535", "-1"])
def test_up_refuses_ports_that_do_not_exist(base: str, capsys: Captured) -> None:
    status, said = run(capsys, "up", "--port-base", base)
    assert (status, said) == (1, f"tollway: seven ports from {base} on: there are none such")


def test_up_refuses_a_directory_that_is_held(data: DataDir, capsys: Captured) -> None:
    data.prepare()
    with data.locked():
        assert run(capsys, "up") == (1, f"tollway: another `tollway up` is just using {data.path}")


def test_ports_are_as_asked_or_as_set_or_as_the_last_time(data: DataDir) -> None:
    data.prepare()
    assert commands.chosen_ports(data, None, {}) == Ports()
    data.ports.write_text('{"portal": 9000, "authority": 9001}')
    assert commands.chosen_ports(data, None, {}).portal == 9000
    assert commands.chosen_ports(data, None, {"TOLLWAY_PORT_ECHO": "7"}) == Ports(echo=7)
    assert commands.chosen_ports(data, 4000, {"TOLLWAY_PORT_ECHO": "7"}) == Ports.from_base(4000)


@pytest.mark.parametrize("count", ["0", "-1", "many", "1000001"])
def test_trial_accounts_are_made_in_a_number_that_makes_sense(count: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["fill", "--", count])
    assert f"{count!r} is not a number from 1 to 1000000" in capsys.readouterr().err
