"""What the dashboard keeps in memory is of a database that each test has anew."""

from __future__ import annotations

import pytest

from tollway.portal.console.dashboard import numbers, traffic


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    traffic.forget()
    numbers.forget()
