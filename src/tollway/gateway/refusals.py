"""Hands on what NGINX has refused, in batches, so that the portal can explain it.

NGINX writes refusals down in bounded memory; here one batch at most waits for an authority that is
away. Whatever does not fit is lost: it is for people who look for a fault, and counts nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

import httpx
import msgspec

from tollway.config import Settings
from tollway.net import dial

IDLE_S = 0.5  # between looks: who has just been refused opens the page soon
AGAIN_S = 2.0
TIMEOUT_S = 10.0

logger = logging.getLogger(__name__)


class Source(Protocol):
    """Whom refusals are taken from: NGINX (``admin.Admin``)."""

    async def refusals(self) -> Sequence[Any]: ...


async def hand_on(settings: Settings, source: Source) -> None:
    """Do so until cancelled. Raises ``AwayError`` when NGINX is."""
    url, headers = dial(f"{settings.authority_url}/gateway/v1/refusals")
    headers["Authorization"] = f"Bearer {settings.gateway_token}"
    async with httpx.AsyncClient(headers=headers, timeout=TIMEOUT_S, trust_env=False) as http:
        batch: Sequence[Any] = ()
        while True:
            batch = batch or await source.refusals()
            sent = not batch or await _sent(http, url, batch)
            if sent:
                batch = ()
            await asyncio.sleep(IDLE_S if sent else AGAIN_S)


async def _sent(http: httpx.AsyncClient, url: str, batch: Sequence[Any]) -> bool:
    """Send a batch; whether it need not be sent again. Not to be understood is final."""
    try:
        answer = await http.post(url, content=msgspec.json.encode(batch))
    except httpx.TransportError:
        return False
    if 400 <= answer.status_code < 500:
        logger.warning("the authority takes no refusals: %s", answer.status_code)
    return answer.status_code < 500
