"""What every test may use: the shared vectors, and servers to store in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import portal_settings
import servers
from tollway.cli import migrating

ROOT = Path(__file__).parent.parent


def vectors(name: str) -> Any:
    """Return the cases of ``vectors/NAME.json``."""
    return json.loads((ROOT / "vectors" / f"{name}.json").read_text())


# They end processes of their platform, so each has one for itself.
ALONE = {"test_lifecycle.py", "test_kills.py", "test_upgrade.py", "test_ordinary_user.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run what has a long form for minutes")


class OnePlatform(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """Hands out single tests, but all that share one running platform to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        if path.parent.name != "acceptance":
            return nodeid
        return path.name if path.name in ALONE else "platform"


def pytest_configure() -> None:
    """Make the portal's data directory, unless the run that this is a worker of has made it."""
    if portal_settings.DIRECTORY == portal_settings.OWN_DIRECTORY:
        (portal_settings.OWN_DIRECTORY / "static").mkdir(parents=True)  # WhiteNoise wants it


def pytest_unconfigure() -> None:
    shutil.rmtree(portal_settings.OWN_DIRECTORY, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OnePlatform:
    return OnePlatform(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        migrating.note_all_as_applied()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """Yield the URL of an empty Valkey server, the same one for all tests of a process."""
    with servers.short_directory() as directory, servers.valkey_server(directory) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Yield the URL of Debian's Redis 7.0, the oldest server that we promise to run on."""
    with servers.short_directory() as directory, servers.redis_server(directory) as url:
        yield url
