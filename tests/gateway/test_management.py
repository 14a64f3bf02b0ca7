"""Which routes the management API has in which mode; what they do is in ``test_managed.py``."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from tollway.gateway.management import Gateway, Management

NOBODY = cast("Gateway", None)  # who is never asked


@pytest.mark.parametrize(
    ("mode", "method", "path", "status"),
    [
        ("disabled", "GET", "/status/live", 403),
        ("disabled", "GET", "/policies/", 403),
        ("policies", "GET", "/policies/", 200),
        ("policies", "GET", "/status/live", 404),
        ("status", "GET", "/policies/", 200),
        ("status", "GET", "/status/live", 200),
        ("status", "GET", "/config", 404),
        ("status", "PUT", "/config", 404),
        ("status", "POST", "/boot", 404),
        ("debug", "GET", "/status/live", 200),
        ("debug", "POST", "/status/live", 404),
        ("debug", "PATCH", "/config", 404),
    ],
)
def test_a_mode_has_these_routes(mode: str, method: str, path: str, status: int) -> None:
    reply = asyncio.run(Management(NOBODY, mode, {}).answer(method, path, b"{}"))
    assert reply.status == status
    assert isinstance(reply.body, str) == (status != 200)
