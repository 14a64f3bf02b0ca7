"""Tollway without root: what it lacks it downloads, and writes nowhere but where it is told to.

The machine is as a newcomer's: no NGINX, no Valkey. Python's packages are those of this checkout,
which the user may read and not change; `just bare` has the user install them too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from acceptance.conftest import ROOT, TOLLWAY, UP_S, free_port_base
from acceptance.ordinary import Ordinary
from acceptance.world import eventually
from tollway.cli.packages import FAMILY

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else, as CI does"),
]

PROGRAMS = ("nginx", "openresty", "valkey-server", "redis-server")
DOCUMENTS = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/lintian/")
ROOMS = ("/", "/dev/shm", "/run", "/tmp", "/var/tmp")  # noqa: S108  (where a user may write)


def hidden() -> list[str]:
    """List the files of this machine's NGINX and Valkey, and of what came with them."""
    families = (*FAMILY, *PROGRAMS, "redis", "valkey")
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]
    every = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout
    installed = [line.split()[1] for line in every.splitlines() if line.startswith("installed ")]
    packages = [package for package in installed if package.startswith(families)]
    listed = subprocess.run(
        ["dpkg-query", "-L", *packages], stdout=subprocess.PIPE, text=True, check=bool(packages)
    ).stdout.splitlines()  # fmt: skip
    path = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin:/usr/local/openresty/nginx/sbin"
    found = [shutil.which(program, path=path) for program in PROGRAMS]
    used = [name for name in listed if name.startswith("/usr/") and not name.startswith(DOCUMENTS)]
    files = [Path(name) for name in [*used, *found] if name]
    return sorted({str(file.resolve()) for file in files if file.is_file()})


class User:
    """Somebody with a home and nothing in it."""

    def __init__(self, directory: Path) -> None:
        # No account has this number; one test run beside another has another one.
        self.uid = 60_706 + os.getpid() % 400
        self.home = directory / "home"
        self.data = directory / "data"
        self.stray = Path(tempfile.gettempdir(), f"tollway-stray-{self.uid}")
        for place in (self.home, self.data, directory / "hold"):
            place.mkdir(mode=0o755)
            os.chown(place, self.uid, -1)
        directory.chmod(0o755)
        environ = {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        environ |= {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        visible = [str(ROOT), sys.base_prefix]
        self._view = Ordinary(
            self.uid, hidden(), visible, str(directory / "hold"), str(self.home), environ
        )

    def run(self, *command: str | Path, timeout_s: float = UP_S) -> str:
        """Run a command; return what it says. It must succeed."""
        driver = [sys.executable, str(Path(__file__).with_name("ordinary.py"))]
        view = msgspec.json.encode(self._view).decode()
        with tempfile.TemporaryFile("w+") as said:  # no pipe: a process stays when `up` has ended
            done = subprocess.run(
                ["unshare", "--mount", *driver, view, *command], stdin=subprocess.DEVNULL,
                stdout=said, stderr=subprocess.STDOUT, timeout=timeout_s, check=False,
            )  # fmt: skip
            said.seek(0)
            text = said.read()
        assert done.returncode == 0, text
        return text

    def tollway(self, *arguments: str) -> str:
        return self.run(TOLLWAY, *arguments, "--data-dir", self.data)

    def processes(self) -> dict[int, str]:
        """Return the processes of this number, or that have to do with the data, by program."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
                if str(self.data).encode() in command or process.stat().st_uid == self.uid:
                    found[int(process.name)] = str((process / "exe").readlink())
            except OSError:
                continue  # it has ended
        return found

    def written(self) -> set[str]:
        """Return what lies outside of the data directory and belongs to this number."""
        own = [str(place) for place in (self.home, self.data, self.home.parent / "hold")]
        ignored = [word for place in ("/proc", "/sys", *own) for word in ("-path", place, "-o")]
        command = ["find", *ROOMS, "-xdev", "(", *ignored[:-1], ")", "-prune", "-o"]
        command += ["-uid", str(self.uid), "-print"]
        listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
        return set(listed.splitlines())


@pytest.fixture
def user() -> Iterator[User]:
    directory = Path(tempfile.mkdtemp(prefix="tollway-"))
    user = User(directory)
    try:
        yield user
    finally:
        for pid in user.processes():
            os.kill(pid, signal.SIGKILL)
        user.stray.unlink(missing_ok=True)
        shutil.rmtree(directory)


def status_of(pid: int, name: str) -> list[str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(f"{name}:"))


def test_an_ordinary_user_needs_nothing_of_the_machine(user: User) -> None:
    user.run("touch", user.stray)
    said = user.tollway("up", "--detach", "--port-base", str(free_port_base()))
    assert "Downloading NGINX with Lua (Debian packages, unpacked into the data directory)" in said

    status = json.loads(user.tollway("status", "--json"))
    assert status["curl"] in said
    answer = json.loads(user.run("sh", "-c", f"{status['curl']} --silent --show-error --fail"))
    assert answer["path"] == "/v1/fast/track"

    told = {process["pid"]: process["name"] for process in status["processes"]}
    living = user.processes()
    assert set(told) <= set(living)
    for pid in living:
        assert status_of(pid, "Uid") == [str(user.uid)] * 4
        assert status_of(pid, "NoNewPrivs") == ["1"]
    (nginx,) = {living[pid] for pid, name in told.items() if "nginx" in name}
    assert nginx == f"{user.data}/packages/debian/usr/sbin/nginx"
    (valkey,) = {living[pid] for pid, name in told.items() if name == "valkey"}
    assert Path(valkey).is_relative_to(ROOT / ".venv")

    assert user.tollway("down") == "Tollway is stopped.\n"
    eventually(lambda: not user.processes(), "all processes gone")
    assert user.written() == {str(user.stray)}, "what we had the user write, and nothing else"
    assert not list(user.home.iterdir())
