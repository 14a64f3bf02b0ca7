"""One authority with an internal API for all tests of this folder; services are a test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from authority.internal.provisioning import Api, api_running


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    with api_running() as running:
        yield running
