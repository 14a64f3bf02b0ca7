"""What charts and bills are made of is, to the unit, what the upstream has seen."""

from __future__ import annotations

import time
from urllib.parse import urlencode

import pytest

from acceptance.conftest import Installation
from acceptance.ledger import ledger
from acceptance.traffic import Upstream
from acceptance.world import World, eventually
from acceptance.wrk import press

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@pytest.fixture
def calls(*, soak: bool) -> int:
    return 100_000 if soak else 5_000


def test_a_crowd_is_recorded_as_the_upstream_has_seen_it(
    shared: Installation, world: World, upstream: Upstream, calls: int
) -> None:
    product = world.product(api_backend=upstream.url)
    application = product.application(product.plan())
    product.serves(application["user_key"])
    began = time.monotonic()
    found = press(f"{product.urls['staging']}/?user_key={application['user_key']}", calls)
    took_s = time.monotonic() - began
    assert found == {"answered": calls, "refused": 0, "broken": 0}
    eventually(lambda: ledger(shared.of_processes, product.id).recorded >= calls, "all is recorded")
    books = ledger(shared.of_processes, product.id)
    print(  # noqa: T201
        f"{calls} calls in {took_s:.0f} s: {len(upstream.seen)} reached the upstream,"
        f" {books.counted} counted, {books.recorded} recorded"
    )
    assert len(upstream.seen) == books.counted == books.recorded == calls
    assert books.agrees()


def test_answers_that_are_reported_are_recorded_by_code(
    shared: Installation, world: World, calls: int
) -> None:
    product = world.product()
    key = product.application(product.plan())["user_key"]
    product.serves(key)
    asked = {"service_token": product.token(), "service_id": product.id, "user_key": key}
    for code in ("200", "404"):
        query = urlencode({**asked, "usage[hits]": 1, "log[code]": code})
        url = f"{world.platform['authority']}/transactions/authrep.xml?{query}"
        assert press(url, calls) == {"answered": calls, "refused": 0, "broken": 0}
    eventually(
        lambda: ledger(shared.of_processes, product.id).recorded >= 2 * calls, "all is recorded"
    )
    books = ledger(shared.of_processes, product.id)
    assert books.counted == books.recorded == 2 * calls
    assert books.responses == {200: calls, 404: calls}
