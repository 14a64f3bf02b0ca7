"""Every story of publishing is told to both stores."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.publish.homes import Home, memory_home, valkey_home


@pytest.fixture(params=["memory", "valkey"])
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    if request.param == "memory":
        yield memory_home()
    else:
        with valkey_home(request.getfixturevalue("valkey_url")) as made:
            yield made
