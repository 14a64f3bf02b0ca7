"""The feed is followed step by step, and trouble with it is waited out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from gateway.stage import TOKEN, Authority, service
from tollway import config
from tollway.gateway.feed import AuthorityFeed, follow
from tollway.store.snapshot import Configurations

BACKEND = "http://api.localhost:9000"


@pytest.fixture
def authority() -> Iterator[Authority]:
    authority = Authority()
    yield authority
    authority.close()


def settings(authority: Authority, token: str = TOKEN) -> config.Settings:
    environ = {
        "TOLLWAY_SECRET_KEY": "00" * 32,
        "TOLLWAY_GATEWAY_TOKEN": token,
        "TOLLWAY_AUTHORITY_URL": authority.url,
    }
    return config.load(environ)


def ids(step: Configurations) -> list[int]:
    return [service["id"] for service in step.services]


def test_steps_arrive_as_they_are_made(authority: Authority) -> None:
    authority.serve(service("1", BACKEND))

    async def story() -> None:
        steps = follow(AuthorityFeed(settings(authority), "staging"), "staging")
        first = await anext(steps)
        assert first.complete
        assert ids(first) == [1]
        waiting = asyncio.ensure_future(anext(steps))
        await asyncio.to_thread(authority.serve, service("2", BACKEND))
        assert ids(await waiting) == [1, 2]
        await steps.aclose()

    asyncio.run(asyncio.wait_for(story(), 10))


def test_an_authority_that_is_away_or_refuses_is_asked_again(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    authority.refused_token = "old"

    async def story() -> None:
        steps = follow(AuthorityFeed(settings(authority, "old"), "staging"), "staging")
        waiting = asyncio.ensure_future(anext(steps))
        await said("the authority answered 401")
        authority.down = True
        await said("the authority does not answer")
        authority.down, authority.refused_token = False, ""
        assert (await waiting).complete
        await said("configuration is followed again")
        await steps.aclose()

    async def said(text: str) -> None:
        while text not in caplog.text:  # noqa: ASYNC110  (a log has no event)
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(story(), 10))
    assert caplog.text.count("the authority answered 401") == 1
