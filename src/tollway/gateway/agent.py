"""`tollway gateway`: everything about a gateway that is not answering calls.

It starts and supervises NGINX, follows the feed of both environments (the authority's, or a
portal's), resolves names, and pushes documents. Its activities share one catalogue and one event,
``changed``; each may fail and begin again without the others. SIGTERM ends agent and NGINX, SIGHUP
begins the agent again in the same process, which adopts the NGINX that it finds.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tollway import exposition
from tollway.config import Settings
from tollway.gateway import errors, oidc, refusals
from tollway.gateway.addresses import Addresses, bracketed
from tollway.gateway.admin import Admin, AwayError
from tollway.gateway.catalogue import Catalogue
from tollway.gateway.compile import Environment
from tollway.gateway.feed import AuthorityFeed, follow
from tollway.gateway.issuers import Issuers
from tollway.gateway.measured import families
from tollway.gateway.nginx import Nginx, NginxError
from tollway.gateway.portal_feed import PortalFeed, authority_of
from tollway.gateway.pushing import Pusher
from tollway.net import Guard, is_localhost

ENVIRONMENTS: tuple[Environment, ...] = ("staging", "production")
REFRESH_S = 10.0  # between two questions for an upstream's addresses
RESOLVERS = 32  # threads; names whose servers are dead must not keep the others waiting
AGAIN_S, AGAIN_MAX_S = 0.2, 10.0  # before an activity that failed begins again
SOCKET_PATH_MAX = 107  # the kernel's limit

logger = logging.getLogger(__name__)


async def main(settings: Settings) -> None:
    """Run a gateway until SIGTERM or SIGINT. Raises ``NginxError`` if NGINX cannot be started."""
    directory = _prepare(settings.data_dir / "gateway")
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(RESOLVERS))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, _begin_again)
    async with Admin(directory / "admin.sock") as admin:
        agent = _Agent(settings, directory, admin)
        work = asyncio.create_task(agent.work())
        asked = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            work.cancel()
            await asyncio.wait({work})
            await agent.nginx.stop()
        if not work.cancelled():
            work.result()


def guard_of(settings: Settings) -> Guard:
    """Say which addresses upstreams may have. Our own Echo API may be one."""
    ports = settings.ports
    return Guard(
        private=settings.allow_private_upstreams,
        localhost=is_localhost(settings.domain),
        own_ports=frozenset(
            (
                *(ports.portal, ports.authority, ports.staging, ports.production),
                *(ports.metrics, ports.worker),
            )
        ),
    )


class _Agent:
    def __init__(self, settings: Settings, directory: Path, admin: Admin) -> None:
        self._settings = settings
        self._directory = directory
        self._admin = admin
        self._changed = asyncio.Event()
        self._moved = asyncio.Event()  # some host has other addresses
        self._authority = urlsplit(settings.authority_url)
        self._addresses = Addresses(guard_of(settings), settings.echo_alias, self._moved)
        self._catalogue = Catalogue(self._addresses)
        self._issuers = Issuers(guard_of(settings))
        self.nginx = Nginx(settings, directory, admin)
        self._pusher = Pusher(admin, self.nginx, self._catalogue)

    async def work(self) -> None:
        activities: list[Callable[[], Awaitable[None]]] = [
            *(self._supervise, self._refresh, self._move, self._push),
            *(partial(self._follow, environment) for environment in ENVIRONMENTS),
        ]
        if self._settings.authority_url and not self._settings.portal_endpoint:
            activities.append(partial(refusals.hand_on, self._settings, self._admin))
        pages = {"/healthz": self._health, "/metrics": self._metrics}
        with errors.bound(self._directory / "errors.sock") as listener:
            asked_at = exposition.listen(self._settings.bind, self._settings.ports.metrics)
            verifier = oidc.Verifier(self._issuers)
            async with oidc.serving(self._directory / oidc.SOCKET, verifier):
                await self.nginx.begin()
                self._changed.set()
                async with asyncio.TaskGroup() as group:
                    _ = group.create_task(errors.relay(listener))
                    for activity in activities:
                        _ = group.create_task(_forever(activity))
                    await exposition.serve(asked_at, pages)

    async def _supervise(self) -> None:
        while True:
            await self.nginx.ended()
            logger.error("NGINX has ended; starting it again")
            await self.nginx.begin()
            self._changed.set()

    async def _follow(self, environment: Environment) -> None:
        of_portal = bool(self._settings.portal_endpoint)
        source = (PortalFeed if of_portal else AuthorityFeed)(self._settings, environment)
        async for step in follow(source, environment):
            if not self._settings.authority_url and (url := authority_of(step)):
                self._authority = urlsplit(url)
                await self._addresses.learn([self._authority.hostname or ""])
            await self._catalogue.apply(environment, step)
            self._changed.set()

    async def _refresh(self) -> None:
        while True:
            self._addresses.refresh(self._catalogue.hosts() | {self._authority.hostname or ""})
            self._issuers.keep(self._catalogue.issuers())
            self.nginx.rotate()
            await asyncio.sleep(REFRESH_S)

    async def _move(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            self._catalogue.place_all()
            self._changed.set()

    async def _push(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._pusher.push(self._place_of_authority())
            except AwayError:
                self._changed.set()
                await asyncio.sleep(AGAIN_S)

    def _place_of_authority(self) -> Mapping[str, Any] | None:
        """Return what ``lua/tollway/authority.lua`` needs, None while the name is not resolved."""
        url = self._authority
        addresses = self._addresses.of(url.hostname or "")
        if not addresses:
            return None
        tls = url.scheme == "https"
        return {
            "address": bracketed(addresses[0]),
            "port": url.port or (443 if tls else 80),
            "host": url.netloc.rpartition("@")[2],
            "path": url.path,
            "tls": tls,
            "name": url.hostname,
        }

    async def _health(self) -> exposition.Page:
        try:
            await self._admin.status()
        except AwayError as error:
            return exposition.Page(503, f"{error}\n")
        missing = [name for name in ENVIRONMENTS if name not in self._pusher.configured]
        if missing:
            return exposition.Page(503, f"no configuration yet for {' and '.join(missing)}\n")
        return exposition.Page(200, "ok\n")

    async def _metrics(self) -> exposition.Page:
        try:
            counts = await self._admin.metrics()
        except AwayError:
            counts = {}
        found = families(counts, self._catalogue, refused=len(self._pusher.errors))
        return exposition.Page(200, exposition.written(found))


async def _forever(activity: Callable[[], Awaitable[None]]) -> None:
    """Begin an activity again whenever it fails: no bug in one may end the gateway."""
    delay_s = AGAIN_S
    while True:
        try:
            await activity()
        except NginxError as error:
            logger.warning("%s", error)
        except Exception:
            logger.exception("an activity failed and begins again")
        await asyncio.sleep(delay_s)
        delay_s = min(delay_s * 2, AGAIN_MAX_S)


def _prepare(directory: Path) -> Path:
    """Make the gateway's own directory: private, because its socket takes orders from anybody."""
    for path in (directory, directory / "tmp"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    if len(bytes(directory / "errors.sock")) > SOCKET_PATH_MAX:
        raise NginxError(
            f"{directory} is too long a path for sockets; choose another data directory"
        )
    return directory


def _begin_again() -> None:
    """Replace this process by a new agent. It stays NGINX's parent, so NGINX lives on."""
    logger.info("beginning again")
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
