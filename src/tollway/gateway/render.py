"""From settings and TLS identities to ``nginx.conf``. Products are not in it: they are pushed.

NGINX pools idle connections to upstreams by address alone. Two hosts at one address would share
them, and one tenant's call would go down another's TLS connection; so each identity has a pool of
its own.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import resource
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

import certifi
from msgspec import Struct

import tollway
from tollway.config import Settings
from tollway.gateway.compile import ENVIRONMENTS, Environment

HERE = Path(__file__).parent
PLAIN = "plain"  # the one pool of upstreams without TLS
FILES_MAX = 8192
FILES_SPARE = 128  # logs, sockets between master and workers, temporary files


class TlsIdentity(Struct, frozen=True, order=True):
    """Whom a TLS connection must be with. The host is verified and sent as SNI."""

    host: str
    port: int

    @property
    def pool(self) -> str:
        return "tls_" + hashlib.sha256(f"{self.host}:{self.port}".encode()).hexdigest()[:16]


class Conf(Struct, frozen=True):
    """``fingerprint`` is of the text: workers say which one they were started with."""

    text: str
    fingerprint: str


class Shape(Struct, frozen=True):
    """How NGINX is to run, apart from the settings that all our processes have."""

    environments: tuple[Environment, ...] = ENVIRONMENTS
    workers: str = "auto"
    log_level: str = "error"
    cache: str = "none"  # "strict", "resilient": who was admitted once is asked about later
    response_codes: bool = False


def render(
    settings: Settings,
    directory: Path,
    identities: Iterable[TlsIdentity],
    shape: Shape = Shape(),  # noqa: B008  (frozen)
) -> Conf:
    """Return the whole configuration; ``directory`` is where NGINX keeps its files."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = FILES_MAX if allowed == resource.RLIM_INFINITY else min(FILES_MAX, allowed)
    values = {
        "version": tollway.__version__,
        "user": f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else "",
        "directory": str(directory),
        "files": str(files),
        "connections": str(files - FILES_SPARE),
        "workers": shape.workers,
        "log_level": shape.log_level,
        "cache": shape.cache,
        "codes": "true" if shape.response_codes else "false",
        "lua": str(HERE / "lua"),
        "authorities": str(_authorities()),
        "listeners": "".join(
            _fill("nginx.conf.listener.template", {"environment": environment, "listen": listen})
            for environment, listen in _listeners(settings, shape).items()
        ),
        "pools": "".join(
            _fill(
                "nginx.conf.pool.template",
                {"name": identity.pool, "host": identity.host, "port": str(identity.port)},
            )
            for identity in sorted(identities)
        ),
        **_modules(settings.nginx_root),
        "fingerprint": "@{fingerprint}",
    }
    text = _fill("nginx.conf.template", values)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Conf(text.replace("@{fingerprint}", fingerprint), fingerprint)


def _fill(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"@\{(\w+)\}", lambda m: values[m[1]], (HERE / template).read_text())


def _listeners(settings: Settings, shape: Shape) -> dict[str, str]:
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    ports = {"staging": settings.ports.staging, "production": settings.ports.production}
    return {environment: f"{host}:{ports[environment]}" for environment in shape.environments}


def _modules(root: Path) -> dict[str, str]:
    """Find Debian's modules and Lua libraries below ``root``. An NGINX with Lua inside has none."""
    modules = [
        root / "usr/lib/nginx/modules" / name
        for name in ("ndk_http_module.so", "ngx_http_lua_module.so")
    ]
    return {
        "modules": "\n".join(f'load_module "{path}";' for path in modules if path.exists()),
        "lua_path": f"{root / 'usr/share/lua/5.1'}/?.lua",
        "lua_cpath": ";".join(
            f"{path}/?.so" for path in sorted((root / "usr/lib").glob("*/lua/5.1"))
        ),
    }


def _authorities() -> Path:
    """Find the certificates of the system's authorities; a bare system has none, certifi does."""
    system = ssl.get_default_verify_paths()
    for candidate in (system.cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if candidate and Path(candidate).exists():
            return Path(candidate)
    return Path(certifi.where())
