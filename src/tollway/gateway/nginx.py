"""NGINX's processes: starts them, adopts living ones, reloads for new TLS identities, ends them.

NGINX ends with the agent, however that ends: the kernel sends its master SIGQUIT. And workers whose
master was killed would go on serving what nobody updates; they are ended before a new start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import signal
from collections.abc import Set as AbstractSet
from pathlib import Path

from tollway.config import Settings
from tollway.gateway import processes
from tollway.gateway.admin import Admin, AwayError, Status
from tollway.gateway.render import Conf, Shape, TlsIdentity, render

SBIN = "/usr/sbin:/usr/local/sbin:/usr/local/openresty/nginx/sbin"  # not on every user's PATH
ACCESS_LOG_BYTES_MAX = 64 * 1024 * 1024
START_S = 10.0
POLL_S = 0.02
GRACEFUL = (
    (signal.SIGQUIT, 6.0),  # calls under way are answered
    (signal.SIGTERM, 1.0),
    (signal.SIGKILL, 1.0),
)
_POOL = re.compile(r"upstream tls_\w+ \{  # TLS to (\S+), port (\d+)")

logger = logging.getLogger(__name__)


class NginxError(Exception):
    """NGINX cannot be started. The message says why, as far as it is known here."""


class Nginx:
    """``master`` is the process id while it lives."""

    def __init__(
        self, settings: Settings, directory: Path, admin: Admin, shape: Shape | None = None
    ) -> None:
        self._settings = settings
        self._shape = shape or Shape()
        self._directory = directory
        self._admin = admin
        self._conf = directory / "nginx.conf"
        self._identities: frozenset[TlsIdentity] = frozenset()
        self.master: int | None = None

    async def begin(self) -> None:
        """Adopt the NGINX that is there, or start one. Raises ``NginxError``."""
        self._identities = self._known_identities()
        conf = self._write(self._identities)
        status = await self._status()
        if status and not self._is_orphan(status):
            self.master = status.master
            logger.info("adopted NGINX, process %d", self.master)
            if status.fingerprint != conf.fingerprint:
                await self._reload(conf)
            return
        if status:
            logger.warning("ending workers %s, whose master is gone", status.workers)
            await processes.end(status.workers, GRACEFUL)
        await self._start(conf)

    async def ended(self) -> None:
        """Wait for the end of the master."""
        if self.master:
            await processes.ended(self.master)
            self.master = None

    async def stop(self) -> None:
        if self.master:
            await processes.end([self.master], GRACEFUL)

    async def ensure(self, identities: AbstractSet[TlsIdentity]) -> None:
        """Reload, gracefully, if there are TLS identities that no pool exists for."""
        if identities <= self._identities:
            return
        await self._reload(self._write(frozenset(identities)))
        self._identities = frozenset(identities)

    def rotate(self) -> None:
        """Begin a new access log when it has grown large, keeping one old one."""
        log = self._directory / "access.log"
        if self.master and log.exists() and log.stat().st_size > ACCESS_LOG_BYTES_MAX:
            log.rename(log.with_name("access.log.1"))
            os.kill(self.master, signal.SIGUSR1)

    async def _start(self, conf: Conf) -> None:
        for name in ("admin.sock", "nginx.pid"):
            (self._directory / name).unlink(missing_ok=True)
        self.master = self._spawn()
        gone = asyncio.create_task(processes.ended(self.master))
        try:
            async with asyncio.timeout(START_S):
                while (
                    not (status := await self._status()) or status.fingerprint != conf.fingerprint
                ):
                    if gone.done():
                        self.master = None
                        raise NginxError("NGINX ended at once; it says why above")
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise NginxError(f"NGINX did not answer within {START_S:.0f} s") from error
        finally:
            gone.cancel()
        logger.info("started NGINX, process %d", self.master)

    def _spawn(self) -> int:
        program = shutil.which(self._settings.nginx) or shutil.which(
            self._settings.nginx, path=SBIN
        )
        setpriv = shutil.which("setpriv")
        if not program or not setpriv:
            missing = self._settings.nginx if not program else "setpriv (package util-linux)"
            raise NginxError(f"there is no program {missing}; TOLLWAY_NGINX names NGINX")
        # setpriv, and not code between fork and exec: this process has threads.
        argv = [
            *(setpriv, "--pdeathsig", "QUIT", "--"),
            *(program, "-e", "/dev/null", "-p", str(self._directory), "-c", str(self._conf)),
        ]
        return os.posix_spawn(setpriv, argv, self._environ(), setsigmask=())

    def _environ(self) -> dict[str, str]:
        """Name the libraries of a private unpack, where the loader would not look."""
        root = self._settings.nginx_root
        if root == Path("/"):
            return {}
        found = sorted([*root.glob("usr/lib/*-linux-*"), *root.glob("lib/*-linux-*")])
        return {"LD_LIBRARY_PATH": ":".join(map(str, found))}

    async def _reload(self, conf: Conf) -> None:
        """Let new workers with ``conf`` take over, and return when the old ones accept no more."""
        before = await self._admin.status()
        if self.master:
            os.kill(self.master, signal.SIGHUP)
        try:
            async with asyncio.timeout(START_S):
                while any(map(processes.is_serving, before.workers)):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            logger.warning("NGINX goes on with the configuration it had; its error log says why")
        else:
            logger.info("reloaded NGINX: nginx.conf %s", conf.fingerprint)

    async def _status(self) -> Status | None:
        try:
            return await self._admin.status()
        except AwayError:
            return None

    def _is_orphan(self, status: Status) -> bool:
        return not any(processes.parent_of(pid) == status.master for pid in status.workers)

    def _write(self, identities: frozenset[TlsIdentity]) -> Conf:
        conf = render(self._settings, self._directory, identities, self._shape)
        self._conf.write_text(conf.text)
        return conf

    def _known_identities(self) -> frozenset[TlsIdentity]:
        """Read back whom the last configuration had pools for: pushed documents may name them."""
        text = self._conf.read_text() if self._conf.exists() else ""
        return frozenset(TlsIdentity(host, int(port)) for host, port in _POOL.findall(text))
