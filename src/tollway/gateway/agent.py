"""`tollway gateway`: everything about a gateway that is not answering calls.

It starts and supervises NGINX, follows the feed of both environments (the authority's, a portal's,
or what it was given itself), resolves names, and pushes documents. Its activities share one
catalogue and one event, ``changed``; each may fail and begin again without the others. SIGTERM ends
agent and NGINX. SIGHUP begins the agent again in the same process, which adopts the NGINX that it
finds; without a portal it reads the file again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tollway import exposition
from tollway.config import Settings
from tollway.gateway import errors, held, management, oidc, refusals
from tollway.gateway.addresses import Addresses, bracketed
from tollway.gateway.admin import Admin, AwayError
from tollway.gateway.catalogue import Catalogue
from tollway.gateway.compile import Environment
from tollway.gateway.feed import AuthorityFeed, Source, follow
from tollway.gateway.held import Held, HeldFeed
from tollway.gateway.issuers import Issuers
from tollway.gateway.managed import Managed, Parts
from tollway.gateway.management import Management
from tollway.gateway.measured import families
from tollway.gateway.nginx import Nginx, NginxError
from tollway.gateway.portal_feed import PortalFeed, authority_of
from tollway.gateway.pushing import Pusher
from tollway.gateway.render import Shape
from tollway.gateway.standalone import Standalone
from tollway.net import Guard, is_localhost

REFRESH_S = 10.0  # between two questions for an upstream's addresses
RESOLVERS = 32  # threads; names whose servers are dead must not keep the others waiting
AGAIN_S, AGAIN_MAX_S = 0.2, 10.0  # before an activity that failed begins again
SOCKET_PATH_MAX = 107  # the kernel's limit

logger = logging.getLogger(__name__)


async def main(settings: Settings, alone: Standalone | None = None) -> None:
    """Run a gateway until SIGTERM or SIGINT; ``alone``: without a portal.

    Raises ``NginxError`` if NGINX cannot be started, ``ConfigurationError`` for an unusable file.
    """
    directory = _prepare(settings.data_dir / "gateway")
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(RESOLVERS))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Admin(directory / "admin.sock") as admin:
        agent = _Agent(settings, directory, admin, alone)
        again = agent.managed.read_again if agent.managed else _begin_again
        loop.add_signal_handler(signal.SIGHUP, again)
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


def guard_of(settings: Settings, alone: Standalone | None = None) -> Guard:
    """Say which addresses upstreams may have. Our own Echo API may be one."""
    ports = settings.ports
    own = {ports.portal, ports.authority, ports.staging, ports.production}
    own |= {ports.metrics, ports.worker}
    if alone:
        own = {port for port in (alone.port, alone.management_port) if port}
    return Guard(
        private=settings.allow_private_upstreams,
        localhost=is_localhost(settings.domain),
        own_ports=frozenset(own),
    )


class _Agent:
    def __init__(
        self, settings: Settings, directory: Path, admin: Admin, alone: Standalone | None
    ) -> None:
        self._settings = settings
        self._alone = alone
        self._directory = directory
        self._admin = admin
        self._changed = asyncio.Event()
        self._moved = asyncio.Event()  # some host has other addresses
        self._authority = urlsplit(settings.authority_url)
        guard = guard_of(settings, alone)
        self._addresses = Addresses(guard, settings.echo_alias, self._moved)
        self._catalogue = Catalogue(self._addresses)
        self._issuers = Issuers(guard)
        shape = alone.shape if alone else Shape()
        self._environments = shape.environments
        self.nginx = Nginx(settings, directory, admin, shape)
        self._pusher = Pusher(admin, self.nginx, self._catalogue)
        self._held = Held()
        self.managed: Managed | None = None
        if alone:
            self._hold(alone, Parts(admin, self._pusher, self._addresses, self._issuers))

    async def work(self) -> None:
        activities: list[Callable[[], Awaitable[None]]] = [
            *(self._supervise, self._refresh, self._move, self._push),
            *(partial(self._follow, environment) for environment in self._environments),
        ]
        if self.managed:
            activities.append(self.managed.follow_file)
        elif self._settings.authority_url and not self._settings.portal_endpoint:
            activities.append(partial(refusals.hand_on, self._settings, self._admin))
        with errors.bound(self._directory / "errors.sock") as listener:
            serving = self._serving()
            verifier = oidc.Verifier(self._issuers)
            async with oidc.serving(self._directory / oidc.SOCKET, verifier):
                await self.nginx.begin()
                self._changed.set()
                async with asyncio.TaskGroup() as group:
                    _ = group.create_task(errors.relay(listener))
                    for activity in activities:
                        _ = group.create_task(_forever(activity))
                    for server in serving:
                        _ = group.create_task(server())

    def _hold(self, alone: Standalone, parts: Parts) -> None:
        """Begin with what the file says. Raises ``ConfigurationError``."""
        for name in alone.ignored:
            logger.warning("%s has no effect here; docs/gateway.md says what to do instead", name)
        if alone.config is not None:
            self._held.replace(held.load(alone.config, alone.environment, alone.selection))
        self.managed = Managed(alone, self._held, parts)

    def _serving(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """Return the servers that operators ask, beginning to listen where that may fail."""
        pages: dict[str, exposition.Source] = {"/healthz": self._health, "/metrics": self._metrics}
        bind = self._settings.bind
        found: list[Callable[[], Coroutine[Any, Any, None]]] = []
        if not self._alone or self._alone.metrics:
            listener = exposition.listen(bind, self._settings.ports.metrics)
            found.append(partial(exposition.serve, listener, pages))
        if self.managed and self._alone and self._alone.management_port:
            managing = Management(self.managed, self._alone.mode, pages)
            port = self._alone.management_port
            found.append(partial(management.serve, managing, bind, port))
        return found

    def _source(self, environment: Environment) -> Source:
        if self._alone:
            return HeldFeed(self._held)
        if self._settings.portal_endpoint:
            return PortalFeed(self._settings, environment)
        return AuthorityFeed(self._settings, environment)

    async def _supervise(self) -> None:
        while True:
            await self.nginx.ended()
            logger.error("NGINX has ended; starting it again")
            await self.nginx.begin()
            self._changed.set()

    async def _follow(self, environment: Environment) -> None:
        async for step in follow(self._source(environment), environment):
            if not self._settings.authority_url and (url := authority_of(step)):
                self._authority = urlsplit(url)
            if self._authority.hostname:
                await self._addresses.learn([self._authority.hostname])
            await self._catalogue.apply(environment, step)
            self._changed.set()

    async def _refresh(self) -> None:
        while True:
            ours = {self._authority.hostname} if self._authority.hostname else set()
            self._addresses.refresh(self._catalogue.hosts() | ours)
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
            ailment = await self._pusher.ailment(self._environments)
        except AwayError as error:
            ailment = str(error)
        return exposition.Page(503, f"{ailment}\n") if ailment else exposition.Page(200, "ok\n")

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
