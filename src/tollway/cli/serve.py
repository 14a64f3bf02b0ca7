"""Single processes, as `up` starts them and as an operator runs them one by one.

Each ends gracefully on SIGTERM or SIGINT. Imports are inside the functions: every command loads
only what it serves with.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import logging
import os
import resource
import signal
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tollway.cli import outside
from tollway.cli.datadir import DataDir
from tollway.cli.outside import Place
from tollway.cli.refused import RefusedError
from tollway.config import Settings

if TYPE_CHECKING:
    from tollway.exposition import Source
    from tollway.gateway.standalone import Standalone

PR_SET_PDEATHSIG = 1
PORTAL_THREADS = 4
BACKLOG = 4096  # connections waiting for the authority to accept them
CONNECTIONS_MAX = 16_384  # of a worker, idle ones too; calls beyond its power are answered with 503
STOP_S = 8  # for calls in flight, when asked to stop
LOG_FORMAT = "[%(levelname)s] %(name)s: %(message)s"


def authority(settings: Settings, workers: int) -> None:
    """Serve the Service Management API and the gateways' feed."""
    from granian.constants import Interfaces, Loops

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    _granian(
        "tollway.authority.rsgi:app",
        settings,
        settings.ports.authority,
        {
            "interface": Interfaces.RSGI,
            "loop": Loops.uvloop,
            "workers": workers,
            "backlog": BACKLOG,
            "backpressure": CONNECTIONS_MAX,
        },
    )


def portal(settings: Settings, workers: int) -> None:
    """Serve the pages and the Account Management API."""
    from granian.constants import Interfaces

    _granian(
        "tollway.portal.wsgi:application",
        settings,
        settings.ports.portal,
        {"interface": Interfaces.WSGI, "workers": workers, "blocking_threads": PORTAL_THREADS},
    )


def echo(settings: Settings, workers: int) -> None:
    """Serve the Echo API alone."""
    from granian.constants import Interfaces, Loops

    _granian(
        "tollway.echo:app",
        settings,
        settings.ports.echo,
        {"interface": Interfaces.RSGI, "loop": Loops.uvloop, "workers": workers},
    )


def gateway(settings: Settings, *, with_echo: bool, alone: Standalone | None = None) -> None:
    """Run the agent, which runs NGINX; and, if asked, the Echo API beside it.

    ``alone``: without a portal. Raises ``RefusedError``.
    """
    from tollway.gateway import agent
    from tollway.gateway.held import ConfigurationError
    from tollway.gateway.nginx import NginxError

    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of every request
    work = agent.main(settings, alone)
    try:
        asyncio.run(_with_echo(work, settings) if with_echo else work)
    except (NginxError, ConfigurationError) as error:
        raise RefusedError(str(error)) from error


async def _with_echo(work: Coroutine[Any, Any, None], settings: Settings) -> None:
    from tollway import echo

    serving = asyncio.create_task(echo.serve(settings.bind, settings.ports.echo))
    try:
        await work
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def worker(settings: Settings) -> None:
    """Run the readers: publish, recorder, notices, mail, bulk runs; delete and remind what is due.

    Without a free port for metrics it works all the same, and says so: it may be the second here.
    """
    _set_up_django()
    from tollway import clock
    from tollway.cli.board import Board
    from tollway.cli.flushing import Flusher
    from tollway.portal.accounts.tasks import Reminders
    from tollway.portal.analytics.tasks import Recorder
    from tollway.portal.bulk.tasks import BulkRuns
    from tollway.portal.events import readers
    from tollway.portal.mail.tasks import Mailer
    from tollway.portal.notices.tasks import Notices
    from tollway.portal.onboarding.tasks import Deletions
    from tollway.portal.publish.tasks import PublishReader

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Flusher(DataDir(settings.data_dir), stop).start()
    board = Board(settings.data_dir)
    _serve_beside(settings, {"/healthz": board.health, "/metrics": board.metrics})
    readers.run(
        [
            PublishReader(settings),
            Recorder(settings),
            Notices(),
            Mailer(settings),
            BulkRuns(),
            Deletions(),
            Reminders(),
        ],
        stop,
        now=clock.now,
        tell=board.tell,
    )


def _serve_beside(settings: Settings, pages: Mapping[str, Source]) -> None:
    """Answer for these paths in a thread that ends with the process."""
    from tollway import exposition

    port = settings.ports.worker
    try:
        listener = exposition.listen(settings.bind, port)
    except OSError as error:
        message = "no metrics: TOLLWAY_PORT_WORKER %s cannot be used: %s"
        logging.getLogger(__name__).warning(message, port, error)
        return
    serving = partial(asyncio.run, exposition.serve(listener, pages))
    threading.Thread(target=serving, name="metrics", daemon=True).start()


def setup(settings: Settings) -> None:
    """Bring the database up to date, make the sample tenants once, and write down who they are.

    Raises ``RefusedError``.
    """
    _set_up_django()
    from tollway.cli import migrating
    from tollway.portal.onboarding import services

    migrating.migrate(settings)
    services.ensure_installation(settings)


def erase(settings: Settings, places: Sequence[Place]) -> None:
    """Delete what is Tollway's in a database and a store outside. Raises ``RefusedError``."""
    _set_up_django()
    outside.erase(settings, places)


def fill(organisation: str, accounts: int) -> None:
    """Make trial accounts in a tenant, and tell how far that is. Raises ``RefusedError``."""
    _set_up_django()
    from django.core.exceptions import ValidationError

    from tollway.portal.events.actors import SYSTEM
    from tollway.portal.onboarding import bulk
    from tollway.portal.tenants import selectors

    tenant = selectors.tenant_by_subdomain(organisation)
    if tenant is None:
        raise RefusedError(f"there is no organisation {organisation!r}")
    try:
        bulk.fill(tenant, accounts, by=SYSTEM, told=lambda made: print(f"{made} accounts"))
    except ValidationError as error:
        raise RefusedError("; ".join(error.messages)) from error


def _set_up_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollway.portal.settings")  # noqa: TID251
    django.setup()


def _granian(target: str, settings: Settings, port: int, options: dict[str, Any]) -> None:
    from granian import Granian
    from granian.constants import HTTPModes

    server = Granian(
        target,
        address=settings.bind,
        port=port,
        http=HTTPModes.http1,  # proxies and plugins speak nothing else to us
        websockets=False,
        workers_kill_timeout=STOP_S,
        **options,
    )
    server.serve(target_loader=partial(_load, target, os.getpid()), wrap_loader=False)


def _load(target: str, master: int) -> Callable[..., Any]:
    """In a worker of granian's: end with its master, however that ends; import the application."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != master:
        os._exit(1)
    module, _, name = target.partition(":")
    application: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return application
