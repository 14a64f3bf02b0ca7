"""Follows the authority's feed of configurations: one step after another, from a cursor, forever.

The authority being away is no reason to forget anything: the caller keeps what it has, and the next
step that arrives goes on from the cursor. Errors are logged when they begin and when they are over.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Iterator

import httpx
import msgspec

from tollway.config import Settings
from tollway.net import dial
from tollway.store.snapshot import Configurations

WAIT_S = 20  # how long the authority may hold a poll
TIMEOUT = httpx.Timeout(10.0, read=WAIT_S + 10.0)
DELAY_S, DELAY_MAX_S = 0.1, 2.0

logger = logging.getLogger(__name__)


class _FeedError(Exception):
    """A poll brought nothing usable; the message says why."""


async def follow(settings: Settings, environment: str) -> AsyncGenerator[Configurations, None]:
    """Yield each step of an environment's feed, first a complete one."""
    url, headers = dial(f"{settings.authority_url}/gateway/v1/configurations")
    headers["Authorization"] = f"Bearer {settings.gateway_token}"
    cursor, trouble, delays = "", "", _delays()
    async with httpx.AsyncClient(headers=headers, timeout=TIMEOUT, trust_env=False) as http:
        while True:
            params = {"environment": environment, "after": cursor, "wait": str(WAIT_S)}
            try:
                step = await _poll(http, url, params)
            except _FeedError as error:
                if str(error) != trouble:
                    trouble = str(error)
                    logger.warning("%s: no configuration: %s", environment, trouble)
                await asyncio.sleep(next(delays))
                continue
            if trouble:
                logger.warning("%s: configuration is followed again", environment)
                trouble, delays = "", _delays()
            cursor = step.cursor
            yield step


async def _poll(http: httpx.AsyncClient, url: str, params: dict[str, str]) -> Configurations:
    try:
        answer = await http.get(url, params=params)
    except httpx.TransportError as error:
        raise _FeedError(f"the authority does not answer ({type(error).__name__})") from error
    if answer.status_code != 200:
        raise _FeedError(f"the authority answered {answer.status_code}: {answer.text[:200]}")
    try:
        return msgspec.json.decode(answer.content, type=Configurations)
    except msgspec.MsgspecError as error:
        raise _FeedError(f"the authority's answer makes no sense: {error}") from error


def _delays() -> Iterator[float]:
    """Yield longer and longer delays in seconds, spread so that gateways do not return as one."""
    delay_s = DELAY_S
    while True:
        yield delay_s * random.uniform(0.5, 1.0)  # noqa: S311  (not a secret)
        delay_s = min(delay_s * 2, DELAY_MAX_S)
