"""Follows a source of configurations: one step after another, forever.

A source being away is no reason to forget anything: the caller keeps what it has, and the next
step that arrives goes on from there. Errors are logged when they begin and when they are over. The
usual source is the authority's feed, here; ``portal_feed`` is the other.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Iterator
from typing import Protocol

import httpx
import msgspec

from tollway.config import Settings
from tollway.net import dial
from tollway.store.snapshot import Configurations

WAIT_S = 20  # how long the authority may hold a poll
TIMEOUT = httpx.Timeout(10.0, read=WAIT_S + 10.0)
DELAY_S, DELAY_MAX_S = 0.1, 2.0

logger = logging.getLogger(__name__)


class FeedError(Exception):
    """A step could not be had; the message says why."""


class Source(Protocol):
    """Says what changed since it was last asked; the first step is a complete one."""

    async def step(self) -> Configurations:
        """Wait until something has changed, or until it is time to ask again.

        Raises ``FeedError``; then nothing is lost, and the next step goes on from the last one.
        """

    async def close(self) -> None: ...


async def follow(source: Source, environment: str) -> AsyncGenerator[Configurations, None]:
    """Yield each step of an environment's source, which is closed in the end."""
    trouble, delays = "", _delays()
    try:
        while True:
            try:
                step = await source.step()
            except FeedError as error:
                if str(error) != trouble:
                    trouble = str(error)
                    logger.warning("%s: no configuration: %s", environment, trouble)
                await asyncio.sleep(next(delays))
            else:
                if trouble:
                    logger.warning("%s: configuration is followed again", environment)
                    trouble, delays = "", _delays()
                yield step
    finally:
        await source.close()


class AuthorityFeed:
    """The authority's feed: a cursor and a long poll."""

    def __init__(self, settings: Settings, environment: str) -> None:
        self._url, headers = dial(f"{settings.authority_url}/gateway/v1/configurations")
        headers["Authorization"] = f"Bearer {settings.gateway_token}"
        self._http = httpx.AsyncClient(headers=headers, timeout=TIMEOUT, trust_env=False)
        self._environment = environment
        self._cursor = ""

    async def step(self) -> Configurations:
        params = {"environment": self._environment, "after": self._cursor, "wait": str(WAIT_S)}
        answer = await asked(self._http, self._url, params, "the authority")
        if answer.status_code != 200:
            raise FeedError(f"the authority answered {answer.status_code}: {answer.text[:200]}")
        try:
            step = msgspec.json.decode(answer.content, type=Configurations)
        except msgspec.MsgspecError as error:
            raise FeedError(f"the authority's answer makes no sense: {error}") from error
        self._cursor = step.cursor
        return step

    async def close(self) -> None:
        await self._http.aclose()


async def asked(
    http: httpx.AsyncClient, url: str, params: dict[str, str], whom: str, etag: str = ""
) -> httpx.Response:
    """Send a GET, conditional if there is an ETag. Raises ``FeedError`` if nobody answers."""
    try:
        return await http.get(url, params=params, headers={"If-None-Match": etag} if etag else None)
    except httpx.TransportError as error:
        raise FeedError(f"{whom} does not answer ({type(error).__name__})") from error


def _delays() -> Iterator[float]:
    """Yield longer and longer delays in seconds, spread so that gateways do not return as one."""
    delay_s = DELAY_S
    while True:
        yield delay_s * random.uniform(0.5, 1.0)  # noqa: S311  (not a secret)
        delay_s = min(delay_s * 2, DELAY_MAX_S)
