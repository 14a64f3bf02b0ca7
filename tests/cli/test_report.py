from __future__ import annotations

import json
import os
from typing import Any

import pytest
from msgspec.structs import replace

from tollway import config
from tollway.cli import report
from tollway.cli.board import Board
from tollway.cli.child import Check
from tollway.cli.datadir import DataDir, Process, State
from tollway.cli.reading import Condition
from tollway.config import Ports

KEPT = {
    "admin": {"username": "admin", "password": "s3cret"},
    "master_admin": {"username": "master", "password": ""},
    "access_token": "t1",
    "master_token": "t2",
    "tenant_id": 2,
    "master_id": 1,
    "service_id": 1,
    "service_token": "t3",
    "user_key": "k",
    "staging": "http://api-2.staging.gateway.localhost:9003",
    "production": "http://api-2.gateway.localhost:9004",
}


@pytest.fixture
def state() -> State:
    return State(
        os.getpid(), Ports.from_base(9000), (Process("tollway", os.getpid()),), ready_seconds=3.21
    )


def status(data: DataDir, state: State, kept: dict[str, Any] = KEPT) -> dict[str, Any]:
    data.prepare()
    data.credentials.write_text(json.dumps(kept))
    environ = {"TOLLWAY_DATA_DIR": str(data.path), **state.ports.environ()}
    return report.status(data, state, config.load(environ))


def test_the_object_for_scripts(data: DataDir, state: State) -> None:
    found = status(data, state)
    # Other tests may have given this process children, which belong to it.
    (process,) = [p for p in found.pop("processes") if p["pid"] == os.getpid()]
    assert process.pop("memory_bytes") > 0
    assert process == {"name": "tollway", "pid": os.getpid()}
    assert found == {
        "admin_portal": "http://demo-admin.localhost:9000",
        "developer_portal": "http://demo.localhost:9000",
        "master": "http://master.localhost:9000",
        "authority": "http://localhost:9001",
        "internal_api": {
            "url": "http://localhost:9001/internal",
            "user": "internal",
            "password": (data.path / "internal-password").read_text().strip(),
        },
        "echo": "http://echo.localhost:9002",
        "metrics": {
            "gateway": "http://localhost:9005/metrics",
            "worker": "http://localhost:9006/metrics",
        },
        "staging": "http://api-2.staging.gateway.localhost:9003",
        "production": "http://api-2.gateway.localhost:9004",
        "curl": 'curl "http://api-2.staging.gateway.localhost:9003/v1/fast/track?user_key=k"',
        "admin": {"username": "admin", "password": "s3cret"},
        "master_admin": {"username": "master", "password": ""},
        "access_token": "t1",
        "master_token": "t2",
        "service_id": 1,
        "service_token": "t3",
        "user_key": "k",
        "readers": [],
        "ready_seconds": 3.21,
    }


def test_the_table_shows_passwords_until_they_are_changed(data: DataDir, state: State) -> None:
    lines = report.table(status(data, state), state, data).splitlines()
    assert " ".join(lines[1].split()) == (
        "admin portal http://demo-admin.localhost:9000 admin / s3cret"
    )
    assert lines[3].endswith("master / (changed)")
    assert "first call answered after 3.2 s" in lines[9]
    assert (
        lines[-1] == 'curl "http://api-2.staging.gateway.localhost:9003/v1/fast/track?user_key=k"'
    )


def test_before_the_first_call_the_table_says_starting(data: DataDir, state: State) -> None:
    starting = replace(state, ready_seconds=None)
    assert "starting · " in report.table(status(data, starting), starting, data)


def test_the_table_names_who_is_not_well(data: DataDir, state: State) -> None:
    ill = replace(state, ailments=("portal ended with signal 9",))
    lines = report.table(status(data, ill), ill, data).splitlines()
    assert "  portal ended with signal 9; see `tollway logs portal`" in lines


def test_readers_that_are_behind_have_a_line(data: DataDir, state: State) -> None:
    told = [
        Condition("publish", 2, 200),
        Condition("recorder", 12, 3400),
        Condition("mail", 0, 0, "no server"),
    ]
    Board(data.path).tell(told)
    found = status(data, state)
    assert found["readers"][1] == {
        "name": "recorder", "lag_seconds": 12, "lag_entries": 3400, "failing": "",
    }  # fmt: skip
    table = report.table(found, state, data).splitlines()
    lines = [line for line in table if " entries behind" in line]
    assert lines == [
        "  recorder is 12 s and 3400 entries behind",
        "  mail is 0 s and 0 entries behind: no server; see `tollway logs worker`",
    ]


def test_a_sample_that_was_deleted_leaves_no_call_to_show(data: DataDir, state: State) -> None:
    found = status(data, state, {**KEPT, "user_key": "", "service_id": 0, "staging": ""})
    assert found["curl"] == ""
    assert report.table(found, state, data).rstrip().endswith(f"data in {data.path}")


def test_who_hangs_is_not_well_though_it_lives(state: State) -> None:
    told = replace(
        state,
        processes=(*state.processes, *(Process(name, 7) for name in ("portal", "worker", "echo"))),
        ailments=("worker ended with 1",),
    )
    checks: dict[str, Check] = {
        "portal": lambda: "does not answer",
        "worker": lambda: "is ill",
        "echo": str,
    }
    found = report.asked(told, checks)
    assert found.ailments == ("worker ended with 1", "portal does not answer")
