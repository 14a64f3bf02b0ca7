from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tollway.cli import logs
from tollway.cli.datadir import DataDir
from tollway.cli.refused import RefusedError


def test_the_last_lines_of_all_or_of_one(data: DataDir, capsys: pytest.CaptureFixture[str]) -> None:
    data.prepare()
    (data.logs / "portal.log").write_text("".join(f"line {n}\n" for n in range(100)))
    (data.logs / "valkey.log").write_text("ready\n")
    logs.show(data.logs, None, follow=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "portal  line 60"
    assert lines[-2:] == ["portal  line 99", "valkey  ready"]
    logs.show(data.logs, "valkey", follow=False)
    assert capsys.readouterr().out == "valkey  ready\n"


def test_no_such_log_is_said_with_those_that_there_are(data: DataDir) -> None:
    with pytest.raises(RefusedError, match="has `tollway up` run"):
        logs.show(data.logs, None, follow=False)
    data.prepare()
    (data.logs / "portal.log").touch()
    with pytest.raises(RefusedError, match="no log of gatway; there are: portal"):
        logs.show(data.logs, "gatway", follow=False)


def test_following_goes_on_when_a_log_is_begun_again(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("first\n")
    program = (
        "import pathlib, sys; from tollway.cli import logs;"
        "logs.show(pathlib.Path(sys.argv[1]), None, follow=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-c", program, tmp_path], stdout=subprocess.PIPE, text=True
    ) as follower:
        assert follower.stdout
        assert follower.stdout.readline() == "a  first\n"
        with log.open("a") as file:
            file.write("second\n")
        assert follower.stdout.readline() == "a  second\n"
        log.write_text("new\n")
        assert follower.stdout.readline() == "a  new\n"
        follower.kill()
