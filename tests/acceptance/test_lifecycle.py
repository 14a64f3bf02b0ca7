"""Starting, stopping, crashing: what was answered stays counted, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from acceptance.conftest import TOLLWAY, Installation
from acceptance.world import World, eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

OBJECT = {
    "admin_portal", "developer_portal", "master", "authority", "echo", "staging", "production",
    "curl", "admin", "master_admin", "access_token", "master_token", "service_id", "service_token",
    "user_key", "processes", "ready_seconds", "readers", "metrics", "internal_api",
}  # fmt: skip
SUPERVISED = ("authority", "gateway", "portal", "valkey", "worker")


@pytest.fixture(scope="module")
def installation(home: Path) -> Iterator[Installation]:
    installation = Installation(home / "lifecycle")
    yield installation
    installation.down()


@pytest.fixture
def running(installation: Installation) -> Installation:
    installation.up()  # says that it runs already, if it does
    return installation


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def leaves_nothing(status: dict[str, Any]) -> None:
    pids = [process["pid"] for process in status["processes"]]
    eventually(lambda: all(map(gone, pids)), "all processes gone")


def pid_of(installation: Installation, name: str) -> int:
    pids = {p["name"]: int(p["pid"]) for p in installation.status()["processes"]}
    return pids[name]


def answers(status: dict[str, Any]) -> bool:
    with closing(World(status)) as world:
        try:
            answer = world.get(status["curl"].split('"')[1])
        except httpx.HTTPError:
            return False
        return answer.status_code == 200


def test_status_is_the_object_that_scripts_rely_on(running: Installation) -> None:
    status = running.status()
    assert set(status) == OBJECT
    assert set(status["admin"]) == set(status["master_admin"]) == {"username", "password"}
    assert status["curl"].startswith(f'curl "{status["staging"]}/')
    assert status["ready_seconds"] > 0
    names = {process["name"] for process in status["processes"]}
    assert names >= {"tollway", *SUPERVISED, "gateway: nginx"}
    assert all(set(process) == {"name", "pid", "memory_bytes"} for process in status["processes"])
    megabytes = sum(process["memory_bytes"] for process in status["processes"]) / 1e6
    print(f"ready in {status['ready_seconds']} s, {megabytes:.0f} MB, {len(names)} kinds")  # noqa: T201


def test_what_is_kept_is_private(running: Installation) -> None:
    def mode(name: str) -> int:
        return stat.S_IMODE((running.data / name).stat().st_mode)

    assert mode(".") == 0o700
    assert mode("credentials.json") == mode("secret") == mode("gateway-token") == 0o600
    assert {mode(f"logs/{log.name}") for log in running.data.glob("logs/*")} == {0o600}


def test_a_second_up_says_that_it_runs_and_shows_the_same(running: Installation) -> None:
    before, supervisor = running.status(), pid_of(running, "tollway")
    said = running.up()
    assert said.startswith("Tollway is running already.")
    assert before["curl"] in said
    assert pid_of(running, "tollway") == supervisor


@pytest.mark.parametrize("name", SUPERVISED)
def test_whatever_is_killed_comes_back(running: Installation, name: str) -> None:
    before = running.status()
    pid = pid_of(running, name)
    os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        names = {p["name"]: int(p["pid"]) for p in running.status()["processes"]}
        return names.get(name, pid) != pid

    eventually(back, f"{name} started again")
    eventually(lambda: answers(before), f"calls answered after {name} was killed")
    eventually(lambda: running.tollway("status").returncode == 0, "all is well")


def test_what_was_answered_stays_counted_when_the_store_is_killed(running: Installation) -> None:
    with closing(World(running.status())) as world:
        product = world.product()
        plan = product.plan()
        product.limit(plan, "hits", "eternity", 5)
        key = product.application(plan)["user_key"]
        product.serves(key)
        product.limits(key, 5)

        def ask() -> int:
            return product.call("/", user_key=key).status_code

        assert [ask() for _ in range(3)] == [200, 200, 200]
        os.kill(pid_of(running, "valkey"), signal.SIGKILL)
        product.limits(key, 5)  # answers again, and has not been asked to count
        assert [ask() for _ in range(3)] == [200, 200, 429]


def test_prometheus_reads_how_far_the_readers_are(running: Installation) -> None:
    status = running.status()
    told = httpx.get(status["metrics"]["worker"]).text
    for reader in status["readers"]:
        assert f'tollway_reader_lag_seconds{{reader="{reader["name"]}"}} ' in told
    assert "tollway_gateway_requests_total" in httpx.get(status["metrics"]["gateway"]).text


def test_down_leaves_nothing_and_up_goes_on_where_it_was(running: Installation) -> None:
    before = running.status()
    assert running.tollway("down").stdout == "Tollway is stopped.\n"
    leaves_nothing(before)
    assert running.tollway("status").returncode == 3

    running.up()
    after = running.status()
    for name in OBJECT - {"processes", "ready_seconds", "readers"}:
        assert after[name] == before[name]
    assert answers(after)


def test_killed_the_supervisor_leaves_nothing(running: Installation) -> None:
    before = running.status()
    os.kill(pid_of(running, "tollway"), signal.SIGKILL)
    leaves_nothing(before)
    running.up()
    assert answers(running.status())


def test_busy_ports_are_named_with_who_has_them(running: Installation, home: Path) -> None:
    other = Installation(home / "other")
    done = other.tollway("up", "--detach", "--port-base", str(running.base))
    assert done.returncode == 1
    assert f"{running.base} (portal) by python, process " in done.stdout + done.stderr
    assert "choose others: --port-base " in done.stdout + done.stderr


def test_in_the_foreground_ctrl_c_stops_it(installation: Installation) -> None:
    installation.down()
    command = [str(TOLLWAY), "up", "--data-dir", str(installation.data)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=installation.environ
    ) as up:
        assert up.stdout
        said = []
        for line in up.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        status = installation.status()
        assert any(line.strip() == status["curl"] for line in said)
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 0
    leaves_nothing(status)


def to_be_named(installation: Installation) -> list[str]:
    """Return the options that `reset` wants where the database is outside: it says so itself."""
    if "TOLLWAY_DATABASE_URL" not in installation.environ:
        return []
    refused = installation.tollway("reset", "--yes")
    assert refused.returncode == 1
    assert (
        "TOLLWAY_DATABASE_URL: what is kept there is deleted only if it is named" in refused.stderr
    )
    return refused.stderr.partition("tollway reset ")[2].split()


def test_without_its_sample_product_the_rest_starts_and_reset_begins_anew(
    running: Installation,
) -> None:
    before = running.status()
    with closing(World(before)) as world:
        world.product()  # the last one cannot be deleted
        world.api("DELETE", f"/services/{before['service_id']}")
    running.down()
    running.up()
    without = running.status()
    assert (without["curl"], without["user_key"], without["service_id"]) == ("", "", 0)
    assert without["ready_seconds"] > 0

    named = to_be_named(running)
    assert running.tollway("reset", *named).returncode == 1, "nobody was there to agree"
    assert running.tollway("reset", "--yes", *named).returncode == 0
    leaves_nothing(without)
    running.up()
    after = running.status()
    assert answers(after)
    assert after["user_key"] != before["user_key"]
    assert after["admin"]["password"] != before["admin"]["password"]
