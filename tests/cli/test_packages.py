"""Finding NGINX. `just bare` proves the download with the real apt-get; here it is a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tollway.cli import packages
from tollway.cli.packages import CJSON, CORE, MODULE, Nginx
from tollway.cli.refused import RefusedError

LUA = (MODULE, CORE, CJSON.replace("*", "x86_64-linux-gnu"))

# Simulates, downloads, and knows package lists only where $LISTS says.
APT_GET = """#!/bin/sh
echo "$*" >>{log}
case "$*" in
*{lists}*) ;;
*) echo 'E: Unable to locate package nginx' >&2; exit 100 ;;
esac
case "$*" in
*State::Status*) printf 'Inst nginx (1.22 Debian [amd64])\\nInst libc6 (2.36 Debian [amd64])\\n' ;;
*--simulate*) printf 'Inst libpcre3 [1] (8.39 Debian)\\nInst nginx (1.22 Debian)\\n' ;;
*download*) touch nginx_1.22_amd64.deb ;;
esac
"""
DPKG = f"""#!/bin/sh
cd "$3"
for file in usr/sbin/nginx {" ".join(LUA)}; do
    mkdir -p "$(dirname "$file")"
    touch "$file"
done
chmod 755 usr/sbin/nginx
"""

Install = Callable[..., None]


@pytest.fixture
def system(tmp_path: Path) -> Path:
    (tmp_path / "system").mkdir()
    return tmp_path / "system"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a directory of programs before those of this machine."""
    directory = tmp_path / "tools"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return directory


def program(path: Path, text: str = "#!/bin/sh\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def add_lua(root: Path) -> None:
    for file in LUA:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()


def find(system: Path, tools: Path, said: list[str], **environ: str) -> Nginx:
    environ = {"PATH": str(tools), **environ}
    return packages.nginx(environ, system.parent / "packages", said.append, system)


def test_what_the_operator_names_is_taken(system: Path, tools: Path) -> None:
    named = find(system, tools, [], TOLLWAY_NGINX="/opt/nginx", TOLLWAY_NGINX_ROOT="/opt")
    assert named == Nginx("/opt/nginx", Path("/opt"))
    assert named.environ() == {"TOLLWAY_NGINX": "/opt/nginx", "TOLLWAY_NGINX_ROOT": "/opt"}


def test_an_installed_one_with_lua_is_preferred(system: Path, tools: Path) -> None:
    program(system / "usr/sbin/nginx")
    add_lua(system)
    assert find(system, tools, []) == Nginx(str(system / "usr/sbin/nginx"), system)


def test_openresty_has_lua_built_in(system: Path, tools: Path) -> None:
    program(tools / "openresty", "#!/bin/sh\necho 'nginx version: openresty/1.25' >&2\n")
    assert find(system, tools, []) == Nginx(str(tools / "openresty"), system)


@pytest.mark.parametrize("lists", ["", "State::Lists"], ids=["with lists", "without lists"])
def test_debians_packages_are_unpacked_into_the_data_directory(
    system: Path, tools: Path, lists: str
) -> None:
    program(system / "usr/sbin/nginx")  # without Lua: of no use
    log = tools / "log"
    program(tools / "apt-get", APT_GET.format(log=log, lists=lists))
    program(tools / "dpkg", DPKG)
    said: list[str] = []
    found = find(system, tools, said)
    root = system.parent / "packages" / "debian"
    assert found == Nginx(str(root / "usr/sbin/nginx"), root)
    assert said == [
        "Downloading NGINX with Lua (Debian packages, unpacked into the data directory)"
    ]
    # NGINX's own family whole, and of the rest what is missing here; never the C library.
    assert log.read_text().splitlines()[-1].endswith("download libpcre3=8.39 nginx=1.22")
    assert [path.name for path in (system.parent / "packages").iterdir()] == ["debian"]

    assert find(system, tools, said) == found
    assert len(said) == 1, "once is enough"


def test_without_a_network_there_is_one_clear_message(system: Path, tools: Path) -> None:
    program(tools / "apt-get", "#!/bin/sh\necho 'E: Temporary failure resolving' >&2\nexit 100\n")
    program(tools / "dpkg", DPKG)
    with pytest.raises(RefusedError) as refused:
        find(system, tools, [])
    assert "is there a network? Or: apt-get install nginx" in str(refused.value)
    assert "E: Temporary failure resolving" in str(refused.value)
    assert not (system.parent / "packages" / "debian").exists()


def test_without_apt_get_it_says_what_to_install(
    system: Path, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(RefusedError, match="no apt-get to get one: apt-get install nginx"):
        find(system, tools, [])


def test_the_wheel_has_a_valkey_server() -> None:
    server = packages.valkey_server({})
    assert server.endswith("/valkey-server")
    assert Path(server).is_file()
