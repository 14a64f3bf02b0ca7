"""Pushing to a real NGINX, without the agent around it: what it cannot use leaves what it had."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import servers
from gateway.stage import free_port, service
from tollway import config
from tollway.gateway.addresses import Addresses
from tollway.gateway.admin import Admin, AwayError
from tollway.gateway.catalogue import Catalogue, Placed
from tollway.gateway.nginx import ACCESS_LOG_BYTES_MAX, Nginx
from tollway.gateway.pushing import Pusher
from tollway.net import Guard
from tollway.store.snapshot import Configurations

KEY = ("staging", "1")

Story = Callable[[Admin, Nginx, Catalogue], Awaitable[None]]


def with_nginx(story: Story) -> None:
    async def tell() -> None:
        with servers.short_directory() as directory:
            environ = {
                "TOLLWAY_SECRET_KEY": "00" * 32,
                "TOLLWAY_DATA_DIR": str(directory),
                "TOLLWAY_PORT_STAGING": str(free_port()),
                "TOLLWAY_PORT_PRODUCTION": str(free_port()),
            }
            (directory / "tmp").mkdir()
            async with Admin(directory / "admin.sock") as admin:
                nginx = Nginx(config.load(environ), directory, admin)
                await nginx.begin()
                catalogue = Catalogue(Addresses(Guard(localhost=True), "", asyncio.Event()))
                try:
                    await story(admin, nginx, catalogue)
                finally:
                    await nginx.stop()

    asyncio.run(asyncio.wait_for(tell(), 30))


def complete(*services: object) -> Configurations:
    return Configurations("1", True, services)  # type: ignore[arg-type]


def test_a_document_that_nginx_cannot_use_leaves_the_one_before() -> None:
    async def story(admin: Admin, nginx: Nginx, catalogue: Catalogue) -> None:
        pusher = Pusher(admin, nginx, catalogue)
        await catalogue.apply("staging", complete(service("1", "http://a.localhost:1")))
        await pusher.push(None)
        good = await admin.documents()
        for text in ("{", "7", '{"rules": {"nodes": 7}}'):
            catalogue.placed[KEY] = Placed("bad" + text, ("s1.localhost",), text)
            await pusher.push(None)
            assert pusher.errors[KEY]
            assert await admin.documents() == good
        await catalogue.apply("staging", complete(service("1", "http://b.localhost:1")))
        await pusher.push(None)
        assert pusher.errors == {}
        assert (await admin.documents())[KEY] == catalogue.placed[KEY].version

    with_nginx(story)


def test_a_new_pusher_removes_nothing_before_it_knows_everything() -> None:
    async def story(admin: Admin, nginx: Nginx, catalogue: Catalogue) -> None:
        await catalogue.apply("staging", complete(service("1", "http://a.localhost:1")))
        await Pusher(admin, nginx, catalogue).push(None)
        fresh = Catalogue(Addresses(Guard(localhost=True), "", asyncio.Event()))
        pusher = Pusher(admin, nginx, fresh)
        await pusher.push(None)
        assert KEY in await admin.documents()
        await fresh.apply("staging", complete())
        await pusher.push(None)
        assert await admin.documents() == {}

    with_nginx(story)


def test_an_nginx_that_has_ended_is_away() -> None:
    async def story(admin: Admin, nginx: Nginx, catalogue: Catalogue) -> None:
        await nginx.stop()
        try:
            await Pusher(admin, nginx, catalogue).push(None)
        except AwayError:
            return
        raise AssertionError("it answered")

    with_nginx(story)


def test_a_large_access_log_is_begun_again() -> None:
    async def story(admin: Admin, nginx: Nginx, _: Catalogue) -> None:
        directory = admin.socket.parent
        log = directory / "access.log"
        nginx.rotate()
        assert not (directory / "access.log.1").exists()
        os.truncate(log, ACCESS_LOG_BYTES_MAX + 1)
        nginx.rotate()
        assert (directory / "access.log.1").exists()
        while not log.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    with_nginx(story)
