"""Limits: per plan and period, per application, exact under load, changed on the fly.

Hours and longer periods are tested with a virtual clock in ``tests/store`` and ``tests/core``;
here a limit per minute stands for them all.
"""

from __future__ import annotations

from typing import Any

import pytest

from acceptance.load import statuses
from acceptance.world import World, within_one_minute

pytestmark = pytest.mark.acceptance

OVER = (429, "Usage limit exceeded")
PASSED = (200, "")


class Story:
    """A product with two plans, ``basic`` and ``unlimited``, and applications on them."""

    def __init__(self, world: World) -> None:
        self.product = world.product()
        self.basic, self.unlimited = self.product.plan(), self.product.plan()
        self.first = self.key(self.basic)
        self.second = self.key(self.basic)
        self.free = self.key(self.unlimited)
        for key in (self.first, self.second, self.free):
            self.product.serves(key)

    def key(self, plan: int) -> str:
        return str(self.product.application(plan)["user_key"])

    def ask(self, key: str) -> tuple[int, str]:
        answer = self.product.call("/", user_key=key)
        return answer.status_code, answer.text if answer.status_code >= 400 else ""

    def limit(self, value: int) -> Any:
        """Limit ``basic`` per minute, and wait until the authority shows it; return the limit."""
        limit = self.product.limit(self.basic, "hits", "minute", value)
        self.product.limits(self.first, value)
        return limit


def test_three_calls_pass_and_the_fourth_is_refused(world: World) -> None:
    def story() -> None:
        s = Story(world)
        s.limit(3)
        assert [s.ask(s.first) for _ in range(4)] == [PASSED, PASSED, PASSED, OVER]
        assert [s.ask(s.second) for _ in range(4)] == [PASSED, PASSED, PASSED, OVER]  # its own
        assert [s.ask(s.free) for _ in range(5)] == [PASSED] * 5  # another plan

    within_one_minute(story)


def test_calls_made_before_the_limit_count_too(world: World) -> None:
    def story() -> None:
        s = Story(world)
        assert [s.ask(s.first) for _ in range(2)] == [PASSED, PASSED]
        s.limit(3)
        assert [s.ask(s.first) for _ in range(2)] == [PASSED, OVER]

    within_one_minute(story)


def test_a_refusal_says_when_to_come_back(world: World) -> None:
    def story() -> None:
        s = Story(world)
        s.limit(1)
        s.ask(s.first)
        answer = s.product.call("/", user_key=s.first)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60

    within_one_minute(story)


def test_a_changed_limit_is_in_force_without_a_promote(world: World) -> None:
    def story() -> None:
        s = Story(world)
        limit = s.limit(1)
        assert [s.ask(s.first) for _ in range(2)] == [PASSED, OVER]
        s.product.change_limit(limit, 3)
        s.product.limits(s.first, 3)
        assert [s.ask(s.first) for _ in range(3)] == [PASSED, PASSED, OVER]

    within_one_minute(story)


def test_the_api_shows_the_limit_and_refuses_a_second_one_for_the_period(world: World) -> None:
    product = world.product()
    plan = product.plan()
    product.limit(plan, "hits", "hour", 3)
    limits = world.api("GET", f"/application_plans/{plan}/limits")["limits"]
    assert [(x["limit"]["period"], x["limit"]["value"]) for x in limits] == [("hour", 3)]
    with pytest.raises(AssertionError, match="422"):
        product.limit(plan, "hits", "hour", 4)


CLIENTS, CALLS, MAXIMUM = 64, 10_000, 1_000


def test_a_crowd_at_the_gateway_gets_exactly_what_the_limit_allows(world: World) -> None:
    product = world.product()
    plan = product.plan()
    product.limit(plan, "hits", "day", MAXIMUM)
    key = product.application(plan)["user_key"]
    product.serves(key)
    product.limits(key, MAXIMUM)
    seen = statuses(f"{product.urls['staging']}/?user_key={key}", clients=CLIENTS, calls=CALLS)
    assert seen == {200: MAXIMUM, 429: CALLS - MAXIMUM}


def test_a_crowd_at_the_authority_gets_exactly_what_the_limit_allows(world: World) -> None:
    product = world.product()
    plan = product.plan()
    product.limit(plan, "hits", "day", MAXIMUM)
    key = product.application(plan)["user_key"]
    product.serves(key)
    product.limits(key, MAXIMUM)
    url = (
        f"{world.platform['authority']}/transactions/authrep.xml?service_token={product.token()}"
        f"&service_id={product.id}&user_key={key}&usage%5Bhits%5D=1"
    )
    assert statuses(url, clients=CLIENTS, calls=CALLS) == {200: MAXIMUM, 409: CALLS - MAXIMUM}
